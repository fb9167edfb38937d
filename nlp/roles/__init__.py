"""Which voice of a recording is the rep."""
