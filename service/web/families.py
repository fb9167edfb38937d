"""The families that key events are coloured by, one stable colour each."""

from __future__ import annotations

from collections.abc import Mapping

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "contact": ("opening",),
    "needs": ("needs_discovery", "customer_need"),
    "product": ("product_intro",),
    "price": ("price_discussion", "price_objection"),
    "resistance": ("objection", "objection_handling"),
    "deal": ("competitor", "decision_process"),
    "progress": ("customer_approval", "next_step", "closing"),
}
"""Key events by family, in the order of a call. The colours are ``--family-…`` in ``tokens.css``."""

FAMILY_OF: Mapping[str, str] = {event: family for family, events in FAMILIES.items() for event in events}


def family_of(event: str) -> str:
    """The family of a key event; events of one's own are ``own``."""
    return FAMILY_OF.get(event, "own")
