"""Rules: what a company wants to find in a call, said by conditions that are joined with all, any and not.

:mod:`sop.conditions` has the values, :mod:`sop.rule_parsing` reads them, :mod:`nlp.rules.hits` applies them to a
transcript; ``docs/rules.md`` explains them to their authors.
"""

from __future__ import annotations

from sop.conditions import RULE_KEYS, Rule
from sop.rule_document import rule_document
from sop.rule_parsing import parse_rule
from sop.rule_schema import rule_schema

__all__ = ["RULE_KEYS", "Rule", "parse_rule", "rule_document", "rule_schema"]
