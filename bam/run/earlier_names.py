"""Names of components and weights in earlier versions, as today's names."""

from typing import Any

# where components lay in version 0.1; no name of today begins with a name on the left
MOVED = {
    "bam.aggregation": "bam.model.aggregation",
    "bam.averaging": "bam.training.averaging",
    "bam.backbone": "bam.model.backbone",
    "bam.dataset": "bam.data.dataset",
    "bam.dataset.filters": "bam.data.dataset.build.filters",
    "bam.dataset.origin": "bam.data.dataset.build.download",
    "bam.dataset.prepare.prepared": "bam.data.dataset.prepare.prepare",
    "bam.dataset.source": "bam.data.dataset.publisher",
    "bam.dataset.store": "bam.data.dataset.build.store",
    "bam.dataset.store.stored": "bam.data.dataset.build.store.load",
    "bam.evaluation.clean": "bam.evaluation.protocol.clean",
    "bam.evaluation.published": "bam.evaluation.protocol.published",
    "bam.evaluator": "bam.evaluation.evaluator",
    "bam.likelihood": "bam.objective.likelihood",
    "bam.loss": "bam.objective.loss",
    "bam.negatives": "bam.objective.negatives",
    "bam.optimizer": "bam.training.optimizer",
    "bam.readout": "bam.model.readout",
    "bam.regularisation": "bam.objective.regularisation",
    "bam.sampling": "bam.data.sampling",
    "bam.schedule": "bam.training.schedule",
    "bam.selection": "bam.objective.selection",
    "bam.similarity": "bam.model.similarity",
    "bam.split": "bam.data.split",
    "bam.table": "bam.model.table",
    "bam.tracker": "bam.run.tracker",
    "bam.trainer": "bam.training.trainer",
}

# weights that had another name in version 0.1: how it began, and how it begins today
WEIGHTS = {"objective.losses.single_interest.selection.": "objective.selection."}


def rename_targets(tree: Any) -> Any:
    """A config, or any part of one, with today's names of its components."""
    if isinstance(tree, dict):
        return {
            key: rename(value) if key == "_target_" else rename_targets(value)
            for key, value in tree.items()
        }
    return [rename_targets(part) for part in tree] if isinstance(tree, list) else tree


def rename(target: str) -> str:
    """Today's name of a component: the longest old name that it begins with is replaced."""
    parts = target.split(".")
    for count in range(len(parts), 1, -1):
        if (known := ".".join(parts[:count])) in MOVED:
            return ".".join([MOVED[known], *parts[count:]])
    return target


def rename_weights(state: Any) -> Any:
    """Weights, or a state with weights at any depth, with today's names."""
    if not isinstance(state, dict):
        return state
    return {_weight(key): rename_weights(value) for key, value in state.items()}


def _weight(name: Any) -> Any:
    """Today's name of a weight; any other key is left as it is."""
    for old, new in WEIGHTS.items():
        if isinstance(name, str) and name.startswith(old):
            return new + name.removeprefix(old)
    return name
