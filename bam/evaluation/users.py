"""Each test user's own id and values, beside the ranks: one row a user, one column a metric."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor

from bam.data.dataset.build.store import read_user_ids
from bam.errors import Mistake
from bam.evaluation.outcome import Measurement
from bam.records import Interactions, Spans
from bam.system.checksums import recording, verify

REMEDY = "restore it, or compare without a baseline"


def find_users(interactions: Interactions, spans: Spans) -> pl.Series:
    """The source's own id of the user of each span."""
    user = torch.searchsorted(interactions.offsets, spans.start, right=True) - 1
    return read_user_ids(interactions.folder).gather(user.numpy())


def write_users(path: Path, users: pl.Series, measurements: Iterable[Measurement]) -> None:
    """Write the users, and what metrics have for each; rows are in the order of the ranks."""
    values = {one.name: one.value for one in measurements if isinstance(one.value, Tensor)}
    frame = pl.DataFrame({"user": users, **{name: v.numpy() for name, v in values.items()}})
    with recording(path) as unfinished:
        frame.write_parquet(unfinished)


def read_users(path: Path, metric: str) -> Float[Tensor, " U"] | None:
    """Each user's value of a metric; None where the file is not there or has no such column.

    Raises:
        Mistake: the file is damaged.
    """
    if not path.exists():
        return None
    verify(path, REMEDY)
    try:
        if metric not in pl.read_parquet_schema(path):
            return None
        values = pl.read_parquet(path, columns=[metric], glob=False)[metric]
    except pl.exceptions.PolarsError as error:
        raise Mistake(f"{path}: no whole Parquet file ({error}); {REMEDY}") from error
    return torch.from_numpy(values.to_numpy(writable=True))
