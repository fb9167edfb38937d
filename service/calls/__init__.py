"""Calls: recordings coming in, what was heard in them, and what people ask of them."""
