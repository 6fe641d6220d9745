"""A model of planted users that nobody has trained: enough to compare lists."""

from functools import cache
from pathlib import Path

import torch

from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import Parts, assemble
from bam.serving.lists import Lists
from tests.conftest import resolved, with_data_in

DATA = ("dataset=planted", "dataset.num_users=60", "threads=1", "table=normal")


def parts(folder: Path, *overrides: str) -> Parts:
    """All parts of an experiment, with large first weights: scores that are far from ties."""
    torch.manual_seed(3)
    config = with_data_in(folder, resolved("train", (*DATA, *overrides), are_small=True))
    found = assemble(config, trains=False)
    found.step.eval()
    with torch.no_grad():
        found.step.model.items.weight.mul_(30)
    return found


@cache
def retriever(folder: Path, until: str = "now", *overrides: str):
    return build_retriever(parts(folder, *overrides), until)


def lists(found, histories, *options, n=5, per_interest=3):
    """As `bam recommend` builds them, with these of its options."""
    return Lists(found, histories, n, per_interest, choices_of(options))
