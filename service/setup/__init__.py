"""The pages on which managers and admins set things up: call linking, pipelines, imports."""
