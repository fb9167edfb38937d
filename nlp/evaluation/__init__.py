"""How well key events are found, and how good the tagging is in daily use."""
