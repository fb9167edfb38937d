"""The learning curve, on small data, and its picture."""

from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

from nlp.corpus.shipped import shipped_corpus
from nlp.evaluation.comparison import HEADS, Row
from nlp.evaluation.curve import curve_svg, learning_curve
from tests.fakes_nlp import HashedEncoder

SVG = "{http://www.w3.org/2000/svg}"
SMALL = replace(HEADS["sequence"], projection=16, hidden=8, lexical=4, epochs=2, batch=4)


def row(calls: int, zh: float, en: float) -> Row:
    return Row("use", "sequence", calls, {"zh": zh, "en": en}, ("zh competitor", 0.5), 0.0)


def test_it_learns_from_growing_shares_of_the_further_calls_alone() -> None:
    """Each row counts an even share of the further calls; the calls asked about are never among them."""
    calls = shipped_corpus("*-dev.jsonl")
    tested, extra = [*calls[:2], *calls[-2:]], [*calls[10:18], *calls[-18:-10]]
    told: list[str] = []
    rows = learning_curve(tested, extra, HashedEncoder(), shares=(0.5, 1.0), progress=told.append, options=SMALL)
    assert [one.training_calls for one in rows] == [8, 16]
    assert all(set(one.macro_f1) == {"zh", "en"} for one in rows)
    assert told == ["8 calls, 1 of 2", "16 calls, 2 of 2"]


def test_a_dot_for_each_language_and_number_of_calls() -> None:
    """Dots go to the right as calls grow, and are the higher the better the figure."""
    drawn = ElementTree.fromstring(curve_svg([row(50, 0.6, 0.62), row(100, 0.7, 0.69), row(400, 0.84, 0.83)]))
    dots = [dot for dot in drawn.iter(f"{SVG}circle") if dot.find(f"{SVG}title") is not None]
    told = [dot.findtext(f"{SVG}title") for dot in dots]
    assert told == ["zh 0.600", "zh 0.700", "zh 0.840", "en 0.620", "en 0.690", "en 0.830"]
    for left, right in pairwise(dots[:3]):
        assert float(left.attrib["cx"]) < float(right.attrib["cx"])
        assert float(left.attrib["cy"]) > float(right.attrib["cy"])


def test_a_figure_below_the_scale_is_drawn_at_its_lower_edge() -> None:
    """What is worse than the lowest mark does not leave the picture, and one number of calls alone is drawn too."""
    drawn = ElementTree.fromstring(curve_svg([row(50, 0.2, 0.5)]))
    low, at_edge = (dot for dot in drawn.iter(f"{SVG}circle") if dot.find(f"{SVG}title") is not None)
    assert low.attrib["cy"] == at_edge.attrib["cy"]
