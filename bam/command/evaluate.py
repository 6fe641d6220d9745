"""Test a finished run again: bam evaluate run=outputs/RUN [evaluation=published]

On a terminal it prints a table, into a file or a pipe JSON with more figures.
"""

import sys

from omegaconf import DictConfig

from bam.experiment.start import start
from bam.system.strict_json import json_text


def main() -> None:
    start(_task, "evaluate", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.experiment.answers.evaluate import evaluate
    from bam.experiment.one_run.console import show_test

    results = evaluate(cfg)
    if is_terminal():
        show_test(results)
    else:
        print(json_text(results, indent=2))


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()
