"""Balanced multi-interest sequential recommendation.

    run = bam.train("dataset=ml100k", "selection=p")
    run.results["test"]["recall@10"]

Letters used in every shape:
B batch, L history length, K interests, D embedding width, V items (ids 1..V, 0 pads), V1 = V + 1,
S negatives, R rows of negatives (1 when the batch shares them, else B), N interactions, U users,
T targets of one user, C chosen interests, G groups of interests, M interests that answer together.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bam.errors import Mistake as Mistake
    from bam.experiment.api import blend as blend
    from bam.experiment.api import compose as compose
    from bam.experiment.api import evaluate as evaluate
    from bam.experiment.api import read_results as read_results
    from bam.experiment.api import train as train
    from bam.experiment.api import update as update
    from bam.experiment.opened.load import Run as Run
    from bam.experiment.opened.load_export import Export as Export
    from bam.experiment.opened.open import load as load
    from bam.serving.retriever import UserInterests as UserInterests

# the public names, each imported from its module at its first use: `import bam` loads no library
HOMES = {
    "Export": "bam.experiment.opened.load_export",
    "Mistake": "bam.errors",
    "Run": "bam.experiment.opened.load",
    "UserInterests": "bam.serving.retriever",
    "blend": "bam.experiment.api",
    "compose": "bam.experiment.api",
    "evaluate": "bam.experiment.api",
    "load": "bam.experiment.opened.open",
    "read_results": "bam.experiment.api",
    "train": "bam.experiment.api",
    "update": "bam.experiment.api",
}

__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    """Import a public name at its first use (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *HOMES})
