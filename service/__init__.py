"""Everything that is asked for: ingest, jobs, API, web pages and the command line."""
