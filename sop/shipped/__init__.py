"""The SOPs that come with Clearcall, as package data: ``<name>.yaml``, read with ``importlib.resources``."""
