"""The tables of `bam tradeoff` for the console."""

from collections.abc import Iterator

import polars as pl
from rich.console import Group

from bam.results.render.console import Column, draw, figure


def tradeoff_tables(frame: pl.DataFrame, width: int) -> Iterator[Group]:
    """One for the factors of the reranking, if any; one for the queries, with each merge's recall.

    Settings that give the same number of queries, to two places, are one row.
    """
    [recall] = [name for name in frame.columns if name.startswith("recall@")]
    by_factor = frame.filter(pl.col("varied") == "factor")
    if len(by_factor):
        names = [recall, *(name for name in frame.columns if name.startswith(("ndcg@", "divers")))]
        factors = Column("factor", [f"{factor:g}" for factor in by_factor["factor"]])
        yield draw([factors, *(_column(name, by_factor[name]) for name in names)], width)
    rows = frame.filter(pl.col("varied") == "queries").with_columns(pl.col("queries").round(2))
    rows = rows.unique(["queries", "merge"], keep="first", maintain_order=True)
    costs = rows.unique("queries", keep="first", maintain_order=True)
    numbers = [f"{number:.2f}" for number in costs["queries"]]
    queries = Column("queries", numbers, "union@n: recall of n candidates of all queries together")
    unions = [name for name in frame.columns if name.startswith("union_recall@")]
    by_merge = rows.pivot("merge", index="queries", values=recall, maintain_order=True)
    merges = by_merge.columns[1:]
    columns = [
        *(_column(f"{recall}\n{name.replace('_', ' ')}", by_merge[name]) for name in merges),
        *(_column(f"union\n@{name.partition('@')[2]}", costs[name]) for name in unions),
    ]
    yield draw([queries, *columns], width)


def _column(head: str, values: pl.Series) -> Column:
    return Column(head, list(map(figure, values)))
