"""Which regular expressions a document may hold: none that a text could make slow."""

from __future__ import annotations

import pytest
import regex
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sop.expressions import complaint_about

HARMLESS = [
    "太贵|贵了",
    r"\d{1,3}(?:,\d{3})?万?",
    "(?<!不)便宜",
    r"[^,，。]{0,10}折扣",
    "(?:价格|报价).*(?:高|贵)",
    r"\bdiscounts?\b",
    r"\p{Lu}\w+",
    r"a\(b\)+",
    "[(]+[)]",
    "(?:ab)+",
    "(?P<sum>[0-9]+)",
    "x{2,}",
    r"[\[\]]",
    "[]a]+",
    "我.*发.*邮箱",
    "a.{0,20}b.{0,20}c.{0,20}d",
]
REFUSED = [
    ("(a+)+", "a repeated group"),
    ("(?:a|ab)*c", "a repeated group"),
    ("(a?){30}", "a repeated group"),
    ("((ab)*c)*", "a repeated group"),
    ("(?:(?:a|b))+", "a repeated group"),
    ("a*b*c*d", "too many or too wide repetitions"),
    (".{0,50}a.{0,50}b.{0,50}", "too many or too wide repetitions"),
    ("a{1,5000}", "more than 100 times"),
    (r"(a)\1", "a reference back"),
    ("(?R)", "this kind of group"),
    ("(?i)a", "this kind of group"),
    ("(?>a)", "this kind of group"),
    ("(?(1)a|b)", "this kind of group"),
    ("[[a]", "inside [...]"),
    ("[a--b]", "inside [...]"),
    ("a**", "not a regular expression"),
    ("[b-a]", "not a regular expression"),
    ("a|", "also finds an empty text"),
    ("x*", "also finds an empty text"),
]


@pytest.mark.parametrize("pattern", HARMLESS)
def test_everyday_expressions_are_taken(pattern: str) -> None:
    """What a sales operations person writes is not refused."""
    assert complaint_about(pattern) is None


@pytest.mark.parametrize(("pattern", "reason"), REFUSED)
def test_dangerous_or_wrong_expressions_are_refused(pattern: str, reason: str) -> None:
    """Each is refused for its own reason, with something to do about it."""
    complaint = complaint_about(pattern)
    assert complaint is not None
    assert reason in complaint.message
    assert complaint.hint


_atoms = st.sampled_from(["a", "b", ".", "[ab]", r"\w", "(?:ab)", "(a|b)", "(a+)", "(?:a*b)", "(?=a)"])
_signs = st.sampled_from(["", "", "", "+", "*", "?", "{2,5}", "+?", "*?", "|"])
_expressions = st.lists(st.tuples(_atoms, _signs), min_size=1, max_size=8).map(lambda p: "".join(a + b for a, b in p))


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(pattern=_expressions, unit=st.sampled_from(["a", "ab", "b"]))
def test_what_is_taken_is_fast_on_the_worst_text(pattern: str, unit: str) -> None:
    """Whatever passes the check is done with a long monotonous turn in a moment."""
    if complaint_about(pattern) is not None:
        return
    for _ in regex.compile(pattern + "(?!.)z").finditer(unit * (120 // len(unit)), timeout=5):
        pass  # a slow one raises TimeoutError


def test_any_text_is_judged_without_failing() -> None:
    """The check answers for arbitrary input and never raises."""

    @settings(max_examples=500, deadline=None)
    @given(st.text(alphabet="ab()[]{}*+?|\\^$.,-&~1:=!<>价", max_size=30))
    def judge(pattern: str) -> None:
        complaint_about(pattern)

    judge()
