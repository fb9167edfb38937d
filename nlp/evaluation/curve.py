"""The learning curve of the tagger on authors that it never met, and its picture as SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import log

from nlp.corpus.annotations import AnnotatedCall
from nlp.encoders.encoder import Encoder, RememberingEncoder
from nlp.evaluation.comparison import HEADS, Row, table_row
from nlp.evaluation.measurement import predictions, score_calls
from nlp.tagging.head import HeadOptions
from nlp.tagging.tagger import HeadTagger
from nlp.training.head import TrainingOptions, train

_WIDTH, _HEIGHT = 460, 230
_LEFT, _TOP = 48, 34
_LOWEST, _HIGHEST = 0.5, 0.9
_STEP = 0.1
_COLORS = {"zh": "#b4432f", "en": "#2f6db4"}
_INK, _FAINT = "#444", "#ddd"


def learning_curve(
    tested: Sequence[AnnotatedCall],
    extra: Sequence[AnnotatedCall],
    encoder: Encoder,
    shares: Sequence[float] = (0.125, 0.25, 0.5, 1.0),
    progress: Callable[[str], None] = lambda _: None,
    options: HeadOptions = HEADS["sequence"],
) -> list[Row]:
    """The sequence head after growing shares of the ``extra`` calls, every author's share the same.

    It learns, is calibrated and gets its thresholds from these alone; the ``tested`` calls, by other authors, are only
    asked about.
    """
    remembering = RememberingEncoder(encoder)
    rows = []
    for number, share in enumerate(shares, start=1):
        own = [call for place, call in enumerate(extra) if _is_taken(place, share)]
        progress(f"{len(own)} calls, {number} of {len(shares)}")
        tagger = HeadTagger(remembering, train(own, remembering, TrainingOptions(head=options)))
        scores = score_calls(tested, predictions(tagger, tested))
        rows.append(table_row(encoder.name, "sequence", len(own), scores, 0.0))
    return rows


def curve_svg(rows: Sequence[Row]) -> str:
    """Macro F1 beside the number of calls learned from, on a logarithmic scale; drawn for a white page.

    ``rows`` are in order of growing numbers; figures below 0.5 are drawn at the lower edge.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {_TOP + _HEIGHT + 44}" '
        f'font-family="sans-serif" font-size="11" fill="{_INK}">',
        f'<rect width="{_LEFT + _WIDTH + 30}" height="{_TOP + _HEIGHT + 44}" fill="#fff"/>',
        f'<g transform="translate({_LEFT} {_TOP})">',
        *_axes(rows),
    ]
    for place, (language, color) in enumerate(_COLORS.items()):
        parts += _line(rows, language, color, place)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _is_taken(number: int, share: float) -> bool:
    """Whether call ``number`` is among the share: evenly spread over the list."""
    return int((number + 1) * share) > int(number * share)


def _axes(rows: Sequence[Row]) -> Iterator[str]:
    for tick in range(round((_HIGHEST - _LOWEST) / _STEP) + 1):
        figure = _LOWEST + tick * _STEP
        y = _y(figure)
        yield f'<line x1="0" y1="{y:.1f}" x2="{_WIDTH}" y2="{y:.1f}" stroke="{_FAINT}"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{figure:.1f}</text>'
    for row in rows:
        yield f'<text x="{_x(row, rows):.1f}" y="{_HEIGHT + 16}" text-anchor="middle">{row.training_calls}</text>'
    yield f'<text x="{_WIDTH / 2:.0f}" y="{_HEIGHT + 34}" text-anchor="middle">calls learned from</text>'
    yield '<text x="-6" y="-10" text-anchor="start">macro F1</text>'


def _line(rows: Sequence[Row], language: str, color: str, place: int) -> Iterator[str]:
    told = [row for row in rows if language in row.macro_f1]
    points = [(_x(row, rows), _y(row.macro_f1[language]), row.macro_f1[language]) for row in told]
    if not points:
        return
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>'
    for x, y, figure in points:
        title = f"<title>{language} {figure:.3f}</title>"
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}">{title}</circle>'
    x = _WIDTH - 90 + 50 * place
    yield f'<circle cx="{x}" cy="-14" r="3.5" fill="{color}"/><text x="{x + 8}" y="-10">{escape(language)}</text>'


def _x(row: Row, rows: Sequence[Row]) -> float:
    first, last = log(rows[0].training_calls), log(rows[-1].training_calls)
    return 12 + (_WIDTH - 24) * (log(row.training_calls) - first) / max(last - first, 1e-9)


def _y(figure: float) -> float:
    return _HEIGHT * (_HIGHEST - max(figure, _LOWEST)) / (_HIGHEST - _LOWEST)
