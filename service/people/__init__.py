"""Users and teams: who is asking, and what they may see."""
