"""The settings of call linking as YAML: read with every mistake told, and written back."""

from __future__ import annotations

from typing import cast

from sop.deals.linking import Ambiguous, LinkingSettings, Owners
from sop.fields import Notes, Section
from sop.problems import SopError
from sop.yaml_tree import compose

KEYS = ("opened_after_days", "closed_before_days", "account_contacts", "owners", "ambiguous")
MOST_DAYS = 365


def parse_linking(text: str) -> LinkingSettings:
    """The settings in ``text``; a key that is left out has its default.

    Raises:
        SopError: with all mistakes, each with its path and line.
    """
    notes = Notes()
    section = Section(compose(text), "", KEYS, notes)
    usual = LinkingSettings()
    opened = section.whole("opened_after_days", 0, MOST_DAYS)
    closed = section.whole("closed_before_days", 0, MOST_DAYS)
    account = section.flag("account_contacts")
    owners = section.choice("owners", ("prefer", "require"), "choice")
    ambiguous = section.choice("ambiguous", ("leave", "recent"), "choice")
    if notes.problems:
        raise SopError(notes.problems)
    return LinkingSettings(
        opened_after_days=usual.opened_after_days if opened is None else opened,
        closed_before_days=usual.closed_before_days if closed is None else closed,
        account_contacts=usual.account_contacts if account is None else account,
        owners=cast(Owners, owners or usual.owners),
        ambiguous=cast(Ambiguous, ambiguous or usual.ambiguous),
    )


def dump_linking(settings: LinkingSettings) -> str:
    """The settings as YAML that :func:`parse_linking` reads back."""
    return (
        f"opened_after_days: {settings.opened_after_days}\n"
        f"closed_before_days: {settings.closed_before_days}\n"
        f"account_contacts: {'true' if settings.account_contacts else 'false'}\n"
        f"owners: {settings.owners}\n"
        f"ambiguous: {settings.ambiguous}\n"
    )
