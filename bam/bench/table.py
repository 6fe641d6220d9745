"""The figures of a benchmark for the console."""

from rich.markup import escape
from rich.table import Table

from bam.bench.ratios import Row


def tables(rows: list[Row]) -> list[Table]:
    """One table of what was measured, and one of ratios where there are any."""
    shown = [_figures_table(rows)]
    if any(group for row in rows for group in row["ratios"].values()):
        shown.append(_ratios_table(rows))
    return shown


def _figures_table(rows: list[Row]) -> Table:
    every = [f["higher"] | f["lower"] for row in rows for f in row["measured"].values()]
    names = list(dict.fromkeys(name for figures in every for name in figures))
    table = _table(rows, "measured", *names)
    table.add_column("share of time")  # of each stage, where a measurement has stages
    for row in rows:
        for measurement, figures in row["measured"].items():
            values = figures["higher"] | figures["lower"]
            share = ", ".join(f"{stage} {part:.0%}" for stage, part in figures["share"].items())
            numbers = (number(values[name]) if name in values else "" for name in names)
            table.add_row(*_choice(row), measurement, *numbers, share)
    return table


def _ratios_table(rows: list[Row]) -> Table:
    table = _table(rows, "ratio", "times")
    for row in rows:
        for name, ratio in (row["ratios"]["higher"] | row["ratios"]["lower"]).items():
            table.add_row(*_choice(row), name, number(ratio))
    return table


def _choice(row: Row) -> list[str]:
    """The value of each axis; a list in brackets is not taken for rich's markup."""
    return [escape(value) for value in row["choice"].values()]


def number(value: float) -> str:
    """A number with at least three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(rows: list[Row], *columns: str) -> Table:
    table = Table()
    for axis in rows[0]["choice"]:
        table.add_column(axis.rpartition(".")[2])
    for place, column in enumerate(columns):
        table.add_column(column.replace("_", " "), justify="right" if place else "left")
    return table
