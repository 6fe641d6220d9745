"""Which class or function a `_target_` may name: one that its group's package defines."""

import inspect
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from bam.errors import Mistake

# what a component at a path, and what is nested in it, may be: by the first part of the path
PACKAGES = {
    "aggregation": ("bam.model.aggregation", "bam.model.ensemble"),
    "averaging": ("bam.training.averaging",),
    "backbone": (
        "bam.model.backbone",
        "bam.model.bias",
        "bam.model.block",
        "bam.model.ensemble",
        "bam.model.intervals",
        "bam.model.readout",
    ),
    "blending": ("bam.model.blending",),
    "dataset": ("bam.data.dataset",),
    "evaluation": ("bam.evaluation.evaluator", "bam.evaluation.protocol"),
    "hydra": ("optuna.distributions",),  # of a search space
    "index": ("bam.serving.index",),
    "intervals": ("bam.model.intervals",),
    "likelihood": ("bam.objective.likelihood",),
    "loss": ("bam.objective.loss",),
    "measurements": ("bam.bench", "bam.serving.index"),
    "memory": ("bam.model.memory",),
    "merge": ("bam.serving.merge",),
    "metric": ("bam.evaluation.metric",),
    "negatives": ("bam.objective.negatives",),
    "optimizer": ("bam.training.optimizer", "torch.optim"),
    "readout": ("bam.model.readout",),
    "regularisation": ("bam.objective.regularisation",),
    "reranking": ("bam.serving.reranking",),
    "sampling": ("bam.data.sampling",),
    "schedule": ("bam.training.schedule",),
    "selection": ("bam.objective.selection",),
    "similarity": ("bam.model.similarity", "bam.model.ensemble"),
    "split": ("bam.data.split",),
    "table": ("bam.model.table", "bam.model.ensemble"),
    "tracker": ("bam.run.tracker",),
    "trainer": ("bam.training.trainer",),
    "weighting": ("bam.serving.weighting",),
}


def find_target(name: Any, path: str, trust: Sequence[str]) -> Callable[..., Any]:
    """The class or function `package.module.name`, for the component at the path.

    Nothing is imported but from the packages of its group and those that the user trusts, and what
    a module has only imported is not found there: `package.module.os.system` is no component.

    Raises:
        Mistake: it cannot be imported, or is not defined in one of these packages.
    """
    module, _, last = str(name).rpartition(".")
    allowed = (*PACKAGES.get(re.split(r"\W", path)[0], ()), *trust)
    refusal = Mistake(
        f"{path}._target_ must be a class or function that {' or '.join(allowed) or 'nothing'} "
        f"defines, got {name!r}; a package that you trust is added by "
        "trust=[PACKAGE] or BAM_TRUST=PACKAGE"
    )
    if not any(_is_within(module, package) for package in allowed):
        raise refusal
    try:
        found = vars(import_module(module)).get(last)
    except ImportError as error:
        raise Mistake(f"{path}._target_ must name what can be imported, got {name!r}") from error
    if not (inspect.isclass(found) or inspect.isfunction(found)) or last.startswith("_"):
        raise refusal
    if found.__qualname__ != last or not _is_within(found.__module__, module):
        raise refusal
    return found


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
