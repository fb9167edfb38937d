"""People's reviews of key events: given, carried over, drawn at random, and what they say of the tagging."""
