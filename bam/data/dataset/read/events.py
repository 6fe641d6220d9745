"""Logs of several kinds of events, such as view, cart and buy: some of them are interactions."""

import logging
from collections.abc import Iterator, Sequence

import polars as pl

from bam.errors import Mistake

log = logging.getLogger(__name__)


def keep_events(
    frames: Iterator[pl.DataFrame], events: Sequence[str], source: str
) -> Iterator[pl.DataFrame]:
    """The rows whose event is one of `events`, without that column.

    Raises:
        Mistake: after the last row, if one of the events is in no row.
    """
    found: dict[str, int] = {}
    for frame in frames:
        for event, count in frame["event"].value_counts().rows():
            found[event] = found.get(event, 0) + count
        yield frame.filter(pl.col("event").is_in(events)).drop("event")
    missing = [event for event in events if event not in found]
    if missing:
        known = ", ".join(sorted(found))[:200]
        raise Mistake(f"{source}: dataset.events must be some of {known}, got {missing[0]}")
    used = ", ".join(f"{found[event]:,} of {event}" for event in events)
    log.info("%s: %s are used, of %s rows", source, used, f"{sum(found.values()):,}")
