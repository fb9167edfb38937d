"""The demo: fifteen recorded calls of an invented company, its people and its opportunities."""
