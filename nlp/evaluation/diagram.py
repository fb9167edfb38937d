"""The reliability diagram of an evaluation as SVG: for each event, how often it is there beside how probable it seemed.

One small panel for each event, a line for each language: on the diagonal a probability means what it says. The area of
a dot grows with the number of turns behind it; what rests on fewer than five turns is not drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import sqrt

from nlp.evaluation.scores import EvaluationReport, LanguageScore
from nlp.probability.calibration import Bin
from sop.events import EVENTS

_COLUMNS = 5
_SIDE = 132
_GAP_X, _GAP_Y = 34, 46
_MARGIN, _TOP = 40, 44
_COLORS = {"zh": "#b4432f", "en": "#2f6db4"}
_INK, _FAINT = "#444", "#ddd"
_LEAST_TURNS = 5


def reliability_svg(report: EvaluationReport) -> str:
    """The diagram, drawn for a white page."""
    rows = -(-len(EVENTS) // _COLUMNS)
    width = 2 * _MARGIN + _COLUMNS * _SIDE + (_COLUMNS - 1) * _GAP_X
    height = _TOP + rows * (_SIDE + _GAP_Y) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        f'font-size="10" fill="{_INK}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *_legend(report.languages),
    ]
    for number, event in enumerate(EVENTS):
        x = _MARGIN + number % _COLUMNS * (_SIDE + _GAP_X)
        y = _TOP + number // _COLUMNS * (_SIDE + _GAP_Y)
        parts += [f'<g transform="translate({x} {y})">', *_frame(event)]
        for score in report.languages:
            parts += _line(score.trust.bins[number], _COLORS[score.language])
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def _legend(languages: Sequence[LanguageScore]) -> Iterator[str]:
    for number, score in enumerate(languages):
        x = _MARGIN + 250 * number
        told = f"{score.language}: expected calibration error {score.trust.calibration_error:.3f}"
        yield f'<circle cx="{x + 5}" cy="16" r="4" fill="{_COLORS[score.language]}"/>'
        yield f'<text x="{x + 14}" y="20">{escape(told)}</text>'


def _frame(event: str) -> Iterator[str]:
    yield f'<rect width="{_SIDE}" height="{_SIDE}" fill="none" stroke="{_FAINT}"/>'
    yield f'<line x1="0" y1="{_SIDE}" x2="{_SIDE}" y2="0" stroke="{_FAINT}"/>'
    yield f'<text x="0" y="-5" font-weight="bold">{escape(event)}</text>'
    yield f'<text x="0" y="{_SIDE + 12}">0</text>'
    yield f'<text x="{_SIDE}" y="{_SIDE + 12}" text-anchor="end">probability 1</text>'
    yield '<text x="-4" y="8" text-anchor="end">1</text>'


def _line(bins: Sequence[Bin], color: str) -> Iterator[str]:
    drawn = [one for one in bins if one.turns >= _LEAST_TURNS]
    points = [(one.probability * _SIDE, (1 - one.share) * _SIDE, one.turns) for one in drawn]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-opacity=".6"/>'
    for x, y, turns in points:
        radius = min(1.2 + sqrt(turns) / 5, 6.0)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color}" fill-opacity=".75"/>'
