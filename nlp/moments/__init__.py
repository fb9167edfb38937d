"""Dates and times in what was said, counted from the moment of the call."""
