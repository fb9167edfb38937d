"""Annotated calls: the shipped ones, and how such a file is read."""
