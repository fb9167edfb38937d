"""What lasts: the tables and the database they live in.

Importing the package loads every table, so that relations between modules resolve.
"""

from models import answers, calls, leads, links, notices, opportunities, people, records, reviews, scores, sops
from models.table import Table

__all__ = [
    "Table",
    "answers",
    "calls",
    "leads",
    "links",
    "notices",
    "opportunities",
    "people",
    "records",
    "reviews",
    "scores",
    "sops",
]
