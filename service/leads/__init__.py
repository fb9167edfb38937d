"""Leads: the private pools of reps, the public pool between them, and the points that verified calls earn."""
