"""What a key event says in particular: amounts, moments, competitors, roles."""
