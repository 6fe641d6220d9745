"""Data sets that are drawn at random, once for each choice of options."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import wraps
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any, get_type_hints

import polars as pl

from bam.data.dataset.build import store
from bam.data.dataset.build.once import make_once
from bam.records import Interactions
from bam.system.failure import lowered_by


def random_dataset(write: Callable[[Any, Path], dict[str, int]]) -> Callable[..., Interactions]:
    """Make `write(options, folder)` a data set: a function of name, cache and each single option.

    `options` is a frozen dataclass that checks itself: the only place that lists the options. They
    become the parameters of the data set (so that its YAML is flat), its manifest, and the key of
    its folder in `cache`. `write` writes the arrays, and returns their counts.
    """
    record: Any = get_type_hints(write)["options"]
    hints = {"name": str, "cache": str, **{field.name: field.type for field in fields(record)}}

    @wraps(write)
    def load(name: str, cache: str, **values: Any) -> Interactions:
        options = record(**values)
        settings = asdict(options)
        folder = Path(cache) / hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]
        with lowered_by("num_users", "num_items"):
            make_once(
                folder,
                {"format": store.FORMAT, **settings},
                lambda unfinished: {
                    "source": write.__name__,
                    **store.describe(unfinished, write(options, unfinished)),
                },
            )
        return store.load(name, str(folder))

    load.__signature__ = Signature(  # type: ignore[attr-defined]
        [Parameter(key, Parameter.KEYWORD_ONLY, annotation=hint) for key, hint in hints.items()]
    )
    load.__annotations__ = {**hints, "return": Interactions}
    return load


def describe_items(num_items: int, genres: pl.Expr) -> pl.DataFrame:
    """A catalogue of items 1..num_items; `genres` may be computed from the column item."""
    item = pl.int_range(1, num_items + 1, dtype=pl.Int32, eager=True).alias("item").to_frame()
    return item.with_columns(
        original_id=pl.col("item").cast(pl.String),
        title=pl.format("item {}", "item"),
        genres=genres,
    )
