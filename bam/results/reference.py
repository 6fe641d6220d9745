"""Rows with the published figures of papers, beside measured ones."""

from typing import Any

from bam.results.configuration import Configuration
from bam.results.published import Source, published
from bam.results.render.sheet import EMPTY, Cell
from bam.results.render.text import number


def sources(names: list[str], configurations: list[Configuration]) -> list[Source]:
    """The published sources of these names that have a row of these data sets.

    Raises:
        Mistake: there is no such source.
    """
    datasets = _datasets(configurations)
    found = map(published, names)
    return [source for source in found if any(row.dataset in datasets for row in source.rows)]


def references(
    sources: list[Source], group: list[Configuration], keys: list[str], metrics: list[str]
) -> list[list[Cell]]:
    """A row for each published method on this data set, named in the column of backbones."""
    dataset, names = group[0].label["dataset"], _datasets(group)
    rows = []
    for row in (row for source in sources for row in source.rows if row.dataset in names):
        label = {"dataset": dataset, "backbone": row.method}
        words = [Cell(label.get(key, ""), label.get(key, ""), "published") for key in keys]
        figures = [_figure(row.figures.get(metric)) for metric in metrics]
        rows.append([*words, Cell("published", 0, "published"), *figures])
    return rows


def _datasets(configurations: list[Configuration]) -> set[Any]:
    pairs = ((one.label["dataset"], one.config.get("dataset.name")) for one in configurations)
    return {name for pair in pairs for name in pair}


def _figure(figure: float | None) -> Cell:
    return EMPTY if figure is None else Cell(number(figure), figure, "published")
