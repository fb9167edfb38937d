"""Texts to vectors: sentence encoders behind one Protocol, and their weights."""
