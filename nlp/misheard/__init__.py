"""Calls as a recognizer might have written them."""
