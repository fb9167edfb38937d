"""How people treat each other in a call, observed without any verdict."""
