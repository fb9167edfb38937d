"""What happened to leads, why something can't be done, and notices, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.leads.refusals import LeadRefused
from service.leads.views import HistoryLine, NoticeView
from service.web.rendering import Reader

_RULE = "rule:"
_EXPIRY_REASONS = ("no_contact", "no_action")


def refusal(error: LeadRefused, to: Reader) -> str:
    """Why something was not done."""
    params = _shown(error.params, to)
    if "state" in params:
        params["state"] = to.t(f"leads.states.{params['state']}")
    return to.t(f"leads.refused.{error.code}", **params)


def told(line: HistoryLine, to: Reader, rules: Mapping[str, str]) -> str:
    """What happened to a lead, as a sentence without its moment; ``rules`` are titles by id."""
    names = {
        "actor": line.actor or to.t("leads.system"),
        "from_owner": line.from_owner or "–",
        "to_owner": line.to_owner or "–",
    }
    kind = line.kind
    if kind == "assigned" and line.reason and line.reason.startswith(_RULE):
        rule = line.reason.removeprefix(_RULE)
        return to.t("leads.happened.assigned_by_rule", **names, rule=rules.get(rule, rule))
    if kind == "assigned" and line.from_owner and line.from_owner != line.to_owner:
        kind = "handed_over"
    if f"leads.happened.{kind}" not in to.t:
        return kind
    text = to.t(f"leads.happened.{kind}", **names)
    if line.reason and kind == "expired":
        return text + to.t("leads.because", reason=to.t(f"leads.expiry.{line.reason}"))
    return text + to.t("leads.because", reason=line.reason) if line.reason else text


def notice(line: NoticeView, to: Reader) -> str:
    """A notice as a sentence; one of a kind that is not known is shown as its kind."""
    key = f"notices.kinds.{line.kind}"
    params = _shown({"by": "", **line.params}, to)
    if params.get("reason") in _EXPIRY_REASONS:
        params["reason"] = to.t(f"leads.expiry.{params['reason']}")
    params["by"] = params["by"] or to.t("leads.system")
    return to.t(key, **params) if key in to.t else line.kind


def _shown(params: Mapping[str, Any], to: Reader) -> dict[str, Any]:
    """Moments (``…_at``, ``at``) as the reader writes them."""
    shown = {}
    for name, value in params.items():
        if name == "at" or name.endswith("_at"):
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            shown[name] = to.formats.moment(at)
        else:
            shown[name] = value
    return shown
