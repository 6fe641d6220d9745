"""Describe a data set, which is prepared if it is not yet: bam data ml100k [output=FILE.json]

Counts, lengths, popularity, repeats, times, titles, and how far its order carries information.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from bam.data.describe import describe
from bam.experiment.prepare import prepare
from bam.experiment.start import start
from bam.system.files import write_text
from bam.system.strict_json import json_text

ORDER = (
    "order: the share of users whose last item is among the 10 items that most often come right "
    "after their last but one item, in all histories without the last items. shuffled: the same "
    "with the items before the last in random order. Equal shares: the order carries no "
    "information."
)


def main() -> None:
    if len(sys.argv) > 1 and "=" not in sys.argv[1] and not sys.argv[1].startswith("-"):
        sys.argv[1] = f"dataset={sys.argv[1]}"
    start(_task, "data")


def _task(cfg: DictConfig) -> None:
    figures = describe(prepare(cfg))
    table = Table("what", "figure", title=f"{figures['name']} ({figures['folder']})")
    for row in _rows(figures):
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 100)
    console.print(table)
    console.print(ORDER, style="dim")
    if cfg.output:
        write_text(Path(cfg.output), json_text(figures, indent=2) + "\n")
        print(cfg.output)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("users", "items", "interactions"):
        yield name, f"{figures[name]:,}"
    yield "density", f"{figures['density']:.3%}"
    lengths, popularity = figures["lengths"], figures["popularity"]
    middle = f"median {lengths['median']:,.0f}, mean {lengths['mean']:,.1f}"
    yield "items of a user", f"{lengths['min']:,} to {lengths['max']:,}, {middle}"
    yield "their deciles", ", ".join(f"{length:,}" for length in lengths["deciles"])
    yield "interactions with the top 1 % of items", f"{popularity['top_1_percent']:.1%}"
    yield "interactions with the top 10 % of items", f"{popularity['top_10_percent']:.1%}"
    yield "Gini index of the items", f"{popularity['gini']:.3f}"
    if popularity["without_interaction"]:
        yield "items without interaction", f"{popularity['without_interaction']:,}"
    yield "interactions with an item met before", f"{figures['repeats']['interactions']:.1%}"
    yield "last items of users met before", f"{figures['repeats']['last_items']:.1%}"
    yield from _times(figures["times"])
    if files := figures["files"]:
        yield "files", ", ".join(f"{count:,} {name}" for name, count in files.items())
    titles, genres = (figures["catalogue"][name] for name in ("titles", "genres"))
    yield "items with a title; with genres", f"{titles:.1%}; {genres:.1%}"
    order = figures["order"]
    if not order["users"]:
        yield "order", "no user has three items"
        return
    yield "order: last items found", f"{order['true']:.4f} ± {order['standard_error']:.4f}"
    yield "order: the same, shuffled", f"{order['shuffled']:.4f}"


def _times(times: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if not times:
        yield "times", "none"
        return
    days = f"{times['days']:,.0f} days"
    yield "times", f"{times['first'][:10]} to {times['last'][:10]} ({days})"
    yield "neighbours of a user with equal times", f"{times['equal_neighbours']:.1%}"
