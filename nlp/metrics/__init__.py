"""How a call was spoken, in figures."""
