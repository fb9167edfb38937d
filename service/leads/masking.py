"""Numbers and addresses that only whoever has the lead may read."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\+?\d[\d\s().-]{4,}\d")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


def masked_phone(phone: str | None) -> str | None:
    """The first and last few digits: ``+86154****0101`` of which nobody can make a call."""
    if not phone:
        return None
    head, tail = min(5, len(phone) // 3), min(2, len(phone) // 4)
    return f"{phone[:head]}****{phone[len(phone) - tail :] if tail else ''}"


def masked_email(email: str | None) -> str | None:
    """The first letter and the domain: ``l****@example.com``."""
    if not email:
        return None
    name, _, domain = email.partition("@")
    return f"{name[:1]}****@{domain}" if domain else "****"


def masked_text(text: str) -> str:
    """A text without numbers that could be called and addresses that could be written to."""
    return _NUMBER.sub("****", _ADDRESS.sub("****", text))
