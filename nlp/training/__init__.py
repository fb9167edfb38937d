"""How the tagging head and its encoder learn from annotated calls."""
