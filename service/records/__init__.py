"""The CRM's records: brought in from files and by the API, configured by documents, every change kept."""
