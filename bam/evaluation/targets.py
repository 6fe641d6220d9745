"""The targets of each user: an item that comes twice is one target."""

import logging

import polars as pl
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from bam.data.windows import came_before, rows_and_items, window
from bam.evaluation.users import users_of
from bam.records import PAD, Interactions, Spans

log = logging.getLogger(__name__)
FEW = 0.05  # a share of repeated targets that hardly moves a metric


def distinct_targets(items: Int[Tensor, " N"], spans: Spans) -> Int[Tensor, "U T"]:
    """Each user's `items[cut:stop]` in their order, with PAD in place of an item that came before.

    A ranking has one place for an item, so an item that counted twice could give more than the
    best list has.
    """
    target = window(items, spans.cut, spans.stop, int((spans.stop - spans.cut).max()))
    return target.masked_fill(came_before(target), PAD)


def among(ids: Int[Tensor, "*b M"], others: Int[Tensor, "*b N"]) -> Bool[Tensor, "*b M"]:
    """Which ids are equal to one of the others of their row."""
    return (ids[..., None] == others[..., None, :]).any(-1)


def repeated_share(items: Int[Tensor, " N"], spans: Spans) -> float:
    """Which share of all targets their user has met before, in `items[start:cut]`; from 0 to 1."""
    ids = int(items.max()) + 1  # pairs are numbers: one user may have far more than the others
    row, item = rows_and_items(items, spans.cut, spans.stop)
    met_row, met_item = rows_and_items(items, spans.start, spans.cut)
    repeated = torch.isin((row * ids + item).unique(), met_row * ids + met_item)
    return float(repeated.double().mean())


def warn_of_repeats(share: float, met_items_compete: bool) -> None:
    """Where many targets are repeated, log what it means that met items do not compete."""
    if share > FEW and not met_items_compete:
        log.warning(
            "%.1f %% of the test targets are items that their user has met before (limit %.0f %%). "
            "evaluation=clean takes every other met item out, so that these targets rank too high, "
            "and evaluation=published gives them the score 0; choose evaluation=repeats, which "
            "takes nothing out",
            100 * share,
            100 * FEW,
        )


def common_targets(
    data: Interactions, spans: Spans, earlier: Interactions, trained: Spans
) -> float:
    """Which share of the targets were targets in an earlier state of the data; from 0 to 1.

    `data` has all interactions of `earlier` under the same ids, and more. A target is the same
    where its user, item and time are; without times, where its place in the history is.
    """
    targets = _targets(data, spans)
    common = targets.join(_targets(earlier, trained), on=targets.columns, how="semi")
    return len(common) / len(targets)


def _targets(data: Interactions, spans: Spans) -> pl.DataFrame:
    row, item = rows_and_items(data.items, spans.cut, spans.stop)
    user = users_of(data, spans)[row]
    _, place = rows_and_items(torch.arange(len(data.items)), spans.cut, spans.stop)
    when = data.times[place] if len(data.times) else place - data.offsets[user]
    return pl.DataFrame({"user": user.numpy(), "item": item.numpy(), "when": when.numpy()})
