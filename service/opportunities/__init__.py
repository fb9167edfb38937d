"""Opportunities: the CRM's view of a deal, beside what was said in its calls."""
