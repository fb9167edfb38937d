"""Accounts and contacts: the customer's side, with what they said."""
