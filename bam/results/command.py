"""What the programs that read finished runs have in common."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bam.errors import Mistake, require
from bam.results.published import NAMES
from bam.results.summary import Asked


def command(task: Callable[[Path, Asked], None], does: str) -> None:
    """Run the task as the command line asks; a user's mistake ends it with one sentence."""
    parser = ArgumentParser(description=does)
    parser.add_argument("folder", type=Path, help="of a sweep, or of any number of runs")
    parser.add_argument("--baseline", default=[], action="append", metavar="KEY=VALUE",
                        help="compare with the configuration of which this holds")  # fmt: skip
    parser.add_argument("--metric", default="ndcg@10", help="what is compared (ndcg@10)")
    parser.add_argument("--published", default=[], action="append", choices=NAMES,
                        help="figures of papers, as rows to stand beside")  # fmt: skip
    given = parser.parse_args()
    try:
        require(given.folder.is_dir(), "folder must be there", str(given.folder))
        baseline = dict(map(_condition, given.baseline))
        task(given.folder, Asked(baseline, given.metric, given.published))
    except Mistake as error:
        sys.exit(f"error: {' '.join(str(error).split())}")


def _condition(text: str) -> tuple[str, Any]:
    key, given, value = text.partition("=")
    try:
        require(bool(key and given), "--baseline must be KEY=VALUE", text)
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise Mistake(f"--baseline must be KEY=VALUE, got {text!r}") from error
