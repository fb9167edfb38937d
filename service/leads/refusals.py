"""What can't be done with a lead, as an error that says why."""

from __future__ import annotations

from typing import Any

_MESSAGES = {
    "missing": "no such lead",
    "taken": "{owner} has this lead since {since_at:%Y-%m-%d %H:%M %Z}",
    "number_taken": "{owner} has another lead of this number",
    "yours": "you have this lead already",
    "full": "{name} holds {holds} of {capacity} leads: finish or give back one first",
    "kept_away": "you lost this lead before and can claim it again from {until_at:%Y-%m-%d %H:%M %Z}",
    "closed": "this lead is {state}: it can't change hands",
    "not_owner": "only its owner or a manager of theirs may do this",
    "not_a_seller": "leads are held by reps and managers; assign it to one",
    "not_manager": "only managers may do this",
    "not_in_team": "you may not give leads to {name}",
    "too_late": "a claim can be undone within {seconds} s and before the first call: give the lead back instead",
    "in_pool": "nobody has this lead",
    "no_pipeline": "pipeline: there is none called {pipeline!r}; there are {known}",
    "no_stage": "stage: the pipeline {pipeline!r} has no open stage {stage!r}; there are {known}",
    "no_reason": "reason: say in a few words why",
    "taken_id": "opportunity_id: {id!r} is an opportunity already",
}


class LeadRefused(Exception):
    """Nothing was done. ``code`` names the reason, ``params`` fill its words; ``str()`` is one line in English."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.params = params
        super().__init__(_MESSAGES[code].format(**params))
