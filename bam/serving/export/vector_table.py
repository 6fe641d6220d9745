"""The items as a table of LanceDB, a vector database in a folder."""

from pathlib import Path

import polars as pl
from jaxtyping import Float
from torch import Tensor

from bam.errors import extra
from bam.serving.export.files import TABLE
from bam.serving.items import Items

NAME = "items"  # of the table


def write_vector_table(folder: Path, items: Items, vectors: Float[Tensor, "V D"]) -> None:
    """Write a row an item: vector, id, title and genres; search it by `distance_type("dot")`."""
    with extra("lancedb"):
        import lancedb
    D = vectors.shape[1]
    frame = items.frame.slice(1).with_columns(
        vector=pl.Series(vectors.numpy(), dtype=pl.Array(pl.Float32, D))
    )
    lancedb.connect(folder / TABLE).create_table(NAME, frame.to_arrow())
