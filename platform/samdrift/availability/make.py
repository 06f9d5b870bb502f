"""A report of the lines that were fetched, refused where they are not what was kept."""

from __future__ import annotations

import json
from collections.abc import Sequence

from samdrift.availability import chain
from samdrift.availability.fetch import SamplesError
from samdrift.availability.figure import figures
from samdrift.availability.figure import month as span
from samdrift.availability.report import Report
from samdrift.federation import catalogue, watch
from samdrift.federation.record import Federation


def make(lines: Sequence[str], *, federation: Federation, member: str, month: str, now: int) -> Report:
    """The member's report; raises SamplesError where the chain of the lines is broken.

    + now: when the lines were fetched: the moment that is being measured is not asked for yet
    """
    known = json.loads(lines[0]) if lines else {}
    # Where the first line is not the first of all, what stands before it is not at hand: it is taken for what it is.
    is_first = bool(known) and chain.linked(chain.START, known) == known.get("chain")
    if why := chain.broken(lines, before=chain.START if is_first else None):
        raise SamplesError(f"the samples are not the ones that were kept: {why}")
    parsed = [json.loads(line) for line in lines]
    plans = [line for line in parsed if line["kind"] == "plan"]
    if not plans:
        raise SamplesError("the samples do not say what was to be measured: there is no plan among them")
    interval = plans[-1]["interval"]
    start, end = span(month)
    until = min(end, now - now % interval - interval)
    found = figures(parsed, member=member, start=start, end=until)
    one = next(one for one in federation.members if one.key == member)
    titles = {name: catalogue.BY_NAME[name] for name in catalogue.OFFERED}
    return Report(
        member=member,
        name=one.municipality,
        month=month,
        start=start,
        end=until,
        is_over=until == end,
        interval=interval,
        figures=found,
        titles={
            "sv": {watch.NETWORK: "Nät"} | {name: service.titel for name, service in titles.items()},
            "en": {watch.NETWORK: "Network"} | {name: service.title for name, service in titles.items()},
        },
        unmeasured=tuple(sorted(set(one.services) - {figure.service for figure in found})),
        lines=len(lines),
        first=parsed[0]["at"],
        last=parsed[-1]["at"],
        chain=parsed[-1]["chain"],
    )
