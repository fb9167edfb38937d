"""A deal and its way to an order: pipelines, and what the calls prove of it. Pure values and functions."""
