"""The reliability diagram."""

from xml.etree import ElementTree

from nlp.evaluation.diagram import reliability_svg
from nlp.evaluation.scores import EvaluationReport, EventScore, LanguageScore, Trust
from nlp.probability.calibration import Bin
from sop.events import EVENTS

SVG = "{http://www.w3.org/2000/svg}"


def report(*bins: Bin) -> EvaluationReport:
    trust = Trust(0.012, (0.0,) * len(EVENTS), (bins,) * len(EVENTS), None, None, 0.0)
    return EvaluationReport("direct", (LanguageScore("zh", 1, 5, (EventScore(1, 0, 0),) * len(EVENTS), trust),))


def test_a_dot_lies_where_probability_meets_frequency() -> None:
    """Each event has a panel with a dot for each bin: further right when more probable, higher when more often."""
    drawn = ElementTree.fromstring(reliability_svg(report(Bin(0.1, 0.0, 90), Bin(0.9, 1.0, 10))))
    panels = drawn.findall(f"{SVG}g")
    assert [panel.findtext(f"{SVG}text") for panel in panels] == list(EVENTS)
    for panel in panels:
        rare, often = panel.findall(f"{SVG}circle")
        assert float(rare.attrib["cx"]) < float(often.attrib["cx"])
        assert float(rare.attrib["cy"]) > float(often.attrib["cy"])
        assert float(rare.attrib["r"]) > float(often.attrib["r"])


def test_an_event_that_was_never_scored_has_an_empty_panel() -> None:
    """No bins, or one of four turns, draw a frame without dots; the error of the language is told in the legend."""
    text = reliability_svg(report(Bin(0.5, 1.0, 4)))
    panels = ElementTree.fromstring(text).findall(f"{SVG}g")
    assert all(not panel.findall(f"{SVG}circle") for panel in panels)
    assert "zh: expected calibration error 0.012" in text
