"""Searching what was said."""
