"""Recommend items to users, and show why: bam recommend run=outputs/RUN users=[196]

On a terminal it prints tables, into a file or a pipe JSON, one user a line; output=FILE writes the
lists of all users.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig
from rich.console import Console

from bam.config.resolve import given_overrides, resolve
from bam.experiment.start import start
from bam.system.stop import Stopped

if TYPE_CHECKING:
    from bam.serving.lists import Lists

FEW = 3  # users of many that are printed


def main() -> None:
    start(_task, "recommend", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.experiment.answers.recommend import build_lists, read_request

    try:
        config = resolve(cfg)
        request = read_request(config)
        lists = build_lists(request, config, given_overrides())
        if request.output:
            _write(Path(request.output), lists)
        elif is_terminal():
            _show(lists, request.is_of_many)
        else:
            _print(lists)
    except Stopped as stopped:
        raise Stopped(stopped.number, "no file is written") from None


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def _write(path: Path, lists: "Lists") -> None:
    from bam.experiment.opened.ask import warn
    from bam.serving.lists import write_lists

    warn(lists.retriever.items, lists.histories)
    write_lists(path, lists)
    print(path)


def _show(lists: "Lists", of_many: bool) -> None:
    """Tables; of many users those of the first, for nobody reads a thousand."""
    from bam.serving.tables import draw_answer

    console = Console(highlight=False)
    shown = lists.histories[:FEW] if of_many else lists.histories
    for place, answer in enumerate(replace(lists, histories=shown).answers()):
        if place:
            console.rule()
        console.print(draw_answer(answer, console.width))
    if more := len(lists.histories) - len(shown):
        console.print(f"\n{more:,} more users; all of them: output=FILE.parquet, .csv or .jsonl")


def _print(lists: "Lists") -> None:
    from bam.serving.lists import json_line

    for answer in lists.answers():
        print(json_line(answer))
