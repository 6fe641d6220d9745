"""The figures of a run for the console."""

from rich.table import Table

from bam.bench.ratios import Row


def tables(rows: list[Row]) -> list[Table]:
    """What was measured, and what was set against what."""
    drawn = [_measured(rows)]
    if any(row["ratios"] for row in rows):
        drawn.append(_ratios(rows))
    return drawn


def _measured(rows: list[Row]) -> Table:
    every = [f["higher"] | f["lower"] for row in rows for f in row["measured"].values()]
    names = list(dict.fromkeys(name for figures in every for name in figures))
    drawn = _table(rows, "measured", *names)
    drawn.add_column("share of time")  # of the stages, where a measurement has any
    for row in rows:
        for measurement, figures in row["measured"].items():
            told = figures["higher"] | figures["lower"]
            share = ", ".join(f"{stage} {part:.0%}" for stage, part in figures["share"].items())
            numbers = (number(told[name]) if name in told else "" for name in names)
            drawn.add_row(*row["choice"].values(), measurement, *numbers, share)
    return drawn


def _ratios(rows: list[Row]) -> Table:
    drawn = _table(rows, "ratio", "times")
    for row in rows:
        for name, ratio in row["ratios"].items():
            drawn.add_row(*row["choice"].values(), name, number(ratio))
    return drawn


def number(value: float) -> str:
    """Three digits or more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _table(rows: list[Row], *columns: str) -> Table:
    drawn = Table()
    for axis in rows[0]["choice"]:
        drawn.add_column(axis.rpartition(".")[2])
    for place, column in enumerate(columns):
        drawn.add_column(column.replace("_", " "), justify="right" if place else "left")
    return drawn
