"""The values of each test user, beside the ranks: one row a user, one column a metric."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import torch
from jaxtyping import Float
from torch import Tensor

from bam.evaluation.outcome import Measurement
from bam.system.files import replacing


def write_users(path: Path, measurements: Iterable[Measurement]) -> None:
    """Write the metrics that have a value for each user; rows are in the order of the ranks."""
    values = {one.name: one.value for one in measurements if isinstance(one.value, Tensor)}
    frame = pl.DataFrame({name: value.numpy() for name, value in values.items()})
    with replacing(path) as unfinished:
        frame.write_parquet(unfinished)


def read_users(path: Path, metric: str) -> Float[Tensor, " U"] | None:
    """Each user's value of a metric; None where the file is not there or has no such column."""
    if not path.is_file() or metric not in pl.read_parquet_schema(path):
        return None
    return torch.from_numpy(pl.read_parquet(path, columns=[metric])[metric].to_numpy(writable=True))
