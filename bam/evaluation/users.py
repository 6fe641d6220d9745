"""What each test user is, and its values: one row a user as in the ranks, one column a metric."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.data.dataset.build.store import read_user_ids
from bam.data.windows import rows_and_items
from bam.errors import Mistake
from bam.evaluation.outcome import Measurement
from bam.records import Interactions, Spans
from bam.system.checksums import recording, verify

HISTORY, POPULARITY = "history_items", "target_count"
REMEDY = "restore it, or compare without a baseline"


def describe_users(
    interactions: Interactions, spans: Spans, counts: Int[Tensor, " V1"]
) -> pl.DataFrame:
    """The user of each span: the source's own id, and what its history and its targets are.

    `history_items` is how many items came before the targets; `target_count` is how often a target
    is in the training part (`counts`), as a mean over the user's targets.
    """
    user = users_of(interactions, spans)
    row, target = rows_and_items(interactions.items.cpu(), spans.cut, spans.stop)
    total = torch.zeros(len(user), dtype=torch.float64)
    total.index_add_(0, row, counts[target].double())
    return pl.DataFrame(
        {
            "user": read_user_ids(interactions.folder).gather(user.numpy()),
            HISTORY: (spans.cut - spans.start).numpy(),
            POPULARITY: (total / (spans.stop - spans.cut)).numpy(),
        }
    )


def users_of(interactions: Interactions, spans: Spans) -> Int[Tensor, " U"]:
    """The user that each span is of."""
    return torch.searchsorted(interactions.offsets, spans.start, right=True) - 1


def write_users(path: Path, users: pl.DataFrame, measurements: Iterable[Measurement]) -> None:
    """Write the users, and what metrics have for each; rows are in the order of the ranks."""
    values = {one.name: one.value for one in measurements if isinstance(one.value, Tensor)}
    frame = users.with_columns(**{name: pl.Series(v.numpy()) for name, v in values.items()})
    with recording(path) as unfinished:
        frame.write_parquet(unfinished)


def read_users(path: Path, column: str) -> Float[Tensor, " U"] | None:
    """Each user's value of a metric, or another number; None where it has not been written.

    Raises:
        Mistake: the file is damaged.
    """
    if not path.exists():
        return None
    verify(path, REMEDY)
    try:
        if column not in pl.scan_parquet(path, glob=False).collect_schema():
            return None
        values = pl.read_parquet(path, columns=[column], glob=False)[column].cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{path}: no whole Parquet file ({error}); {REMEDY}") from error
    return torch.from_numpy(values.to_numpy(writable=True))
