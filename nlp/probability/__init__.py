"""From scores to probabilities that mean what they say, and to decisions."""
