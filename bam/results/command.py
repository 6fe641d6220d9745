"""The command line of the programs that read finished runs."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bam.errors import Mistake, require
from bam.results.figures import FIGURES, GROUPS
from bam.results.listing import listing
from bam.results.published import NAMES
from bam.results.view import View
from bam.run.flatten import flat
from bam.run.override import Override, read_value
from bam.system.program import one_sentence
from bam.system.stop import end_on_stop


def run_command(task: Callable[[Path, View, Path], None], description: str) -> None:
    """Run the task on a folder, a view and the folder to write to.

    What the user can mend, or a signal, ends the program with one sentence.
    """
    with end_on_stop(), one_sentence():
        given, unknown = _parser(description).parse_known_args()
        require(not unknown, "an option must be --NAME VALUE (see --help)", " ".join(unknown))
        require(given.folder.is_dir(), "FOLDER must exist, such as `outputs`", str(given.folder))
        if given.list:
            sys.stdout.write(listing(given.folder) + "\n")
            return
        baseline = {key: value for text in given.baseline for key, value in _condition(text)}
        view = View(
            baseline, given.metric, _names(given.metrics), given.published, _names(given.columns)
        )
        task(given.folder, view, given.to or given.folder)


def _parser(description: str) -> ArgumentParser:
    parser = ArgumentParser(description=description)
    add = parser.add_argument
    add("folder", type=Path, help="of a sweep, or of any number of runs")
    add("--list", action="store_true", help="show the names that the options below can have here")
    add("--to", type=Path, help="the folder to write to, if not the same")
    add(
        "--baseline",
        default=[],
        action="append",
        metavar="KEY=VALUE",
        help="compare with the configuration that has this value; several times for several keys",
    )
    add("--metric", default="", help="what is compared; else ndcg@10, or the first in the results")
    add(
        "--metrics",
        default="",
        metavar="NAME,NAME",
        help="those shown: recall@10, or recall for all of its cutoffs; else a readable choice",
    )
    add(
        "--columns",
        default="",
        metavar="NAME,NAME",
        help=f"columns beside them: {', '.join([*GROUPS, *FIGURES])}, or more metrics",
    )
    add(
        "--published",
        default=[],
        action="append",
        choices=NAMES,
        help="figures of papers, as rows beside the measured ones",
    )
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _condition(text: str) -> list[tuple[str, Any]]:
    """A value as it is typed, or each value of a list or of a mapping."""
    condition = Override.parse(text)
    try:
        require(bool(condition.key) and "=" in text, "--baseline must be KEY=VALUE", text)
        value = read_value(condition.value)
        several = isinstance(value, list | dict)
        return list(flat({condition.key: value if several else condition.value}).items())
    except yaml.YAMLError as error:
        raise Mistake(f"--baseline must be KEY=VALUE, got {text!r}") from error
