"""Rules that a procedure's document writes, applied to a call."""
