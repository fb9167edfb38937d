"""Key events, entities and metrics in a transcript."""
