"""Figures as pictures: SVG text that stands in the page itself."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

from matplotlib import dates
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from samdrift.availability.figure import LOCAL, Figure, Outage

UP, DOWN, NONE = "#2f7d4f", "#b3261e", "#d0d0d0"


def by_day(figure: Figure, *, label: str) -> str:
    """Availability of each day, a bar a day; a day with any outage is red."""
    canvas = Canvas(figsize=(9, 1.8), layout="constrained")
    axes = canvas.subplots()
    shares = [100 * (measured - down) / measured if measured else 0 for _, measured, down in figure.days]
    lowest = min(shares, default=100)
    axes.bar(
        [str(day.day) for day, *_ in figure.days],
        shares,
        color=[DOWN if down else UP for *_, down in figure.days],
    )
    axes.set_ylim(0 if lowest < 90 else max(0, lowest - 5), 100)
    axes.set_ylabel("%")
    axes.set_xlabel(label)
    return _svg(canvas, f"by day: {figure.service}")


def over_time(found: Sequence[Figure], *, start: int, end: int) -> str:
    """All services on one line of time each: green where measured and up, red where down."""
    canvas = Canvas(figsize=(9, 0.6 + 0.35 * max(1, len(found))), layout="constrained")
    axes = canvas.subplots()
    for row, figure in enumerate(found):
        if figure.days:
            first = datetime.combine(figure.days[0][0], datetime.min.time(), LOCAL)
            begin = max(start, int(first.timestamp()))
            axes.broken_barh([_span(begin, end)], (row - 0.3, 0.6), color=UP)
        axes.broken_barh([_outage(one) for one in figure.outages], (row - 0.3, 0.6), color=DOWN)
    axes.set_yticks(range(len(found)), [figure.service for figure in found])
    axes.set_xlim(_day(start), _day(end))
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(dates.DateFormatter("%d/%m", tz=LOCAL))
    return _svg(canvas, "over time")


def _day(at: int) -> float:
    return float(dates.date2num(datetime.fromtimestamp(at, LOCAL)))


def _span(start: int, end: int) -> tuple[float, float]:
    return _day(start), _day(end) - _day(start)


def _outage(one: Outage) -> tuple[float, float]:
    # At least as wide as can be seen: a minute in a month is no pixel.
    return _day(one.start), max(one.seconds / 86400, 0.04)


def _svg(canvas: Canvas, title: str) -> str:
    """The picture alone, without the head of a file; the same figures give the same text."""
    FigureCanvasSVG(canvas)
    out = io.StringIO()
    canvas.savefig(out, format="svg", metadata={"Date": None, "Title": title, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
