"""Mandarin spelt anew by its sound."""
