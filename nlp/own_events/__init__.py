"""Events of a company's own, learned from a few examples."""
