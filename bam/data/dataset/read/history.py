"""A row that holds the whole history of a user becomes a row for each item."""

import logging

import polars as pl

from bam.errors import Mistake

log = logging.getLogger(__name__)


def unfold(frame: pl.DataFrame, lists: tuple[str, ...], source: str) -> pl.DataFrame:
    """One row for each value of the columns `lists`; the other columns are repeated.

    A user with an empty list has no interaction, and is counted in the log.

    Raises:
        Mistake: items are no list where another column is, or two lists differ in length.
    """
    if "item" not in lists or "user" in lists:
        raise Mistake(f"{source}: items may be a list, and then times; got a list of {lists[0]}")
    lengths = frame.select(pl.col(*lists).list.len())
    for other in lists:
        differing = lengths["item"].ne_missing(lengths[other]).arg_true()
        if len(differing):
            user = frame["user"][differing[0]]
            problem = f"user {user}: must have as many items as values of {other}"
            raise Mistake(f"{source}: {problem}; correct the row")
    empty = lengths["item"] == 0
    if empty.any():
        log.warning("%s: %d users have an empty list and are dropped", source, empty.sum())
    return frame.filter(~empty.fill_null(False)).explode(lists)
