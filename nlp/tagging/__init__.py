"""Which key events a call shows: features, head, second reading, and the tagger of a procedure."""
