"""The parts of an experiment that need no data, built and checked first."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from bam.config.instantiate import component, components
from bam.config.settings import GROUPS, PARTS, Settings, settings
from bam.errors import require
from bam.evaluation.evaluator import Evaluator
from bam.experiment.parts.fit import (
    check_negatives,
    check_order,
    check_protocol,
    check_takes_sparse,
)
from bam.experiment.parts.gate import check_gate
from bam.experiment.parts.sizes import check_sizes
from bam.system.device import find_device
from bam.system.threads import use_threads
from bam.training.trainer import Trainer
from bam.training.update import Averaging


@dataclass(frozen=True)
class Components:
    """One object for each chosen option; of a group of several a name and an object for each."""

    settings: Settings
    device: torch.device
    evaluator: Evaluator
    trainer: Trainer
    optimizer: Callable[..., torch.optim.Optimizer]
    schedule: Callable[[int], float]
    averaging: Averaging
    selection: Any
    likelihood: Any
    losses: dict[str, Any]
    regularisation: dict[str, Any]
    sampling: Any
    aggregation: Any
    split: Any
    backbone: Any
    similarity: Any


def build_components(config: Mapping[str, Any], trains: bool = True) -> Components:
    """Build and check what needs no data, from the experiment's seed on; see `assemble`.

    Raises:
        Mistake: a wrong option.
    """
    shared = settings(config)
    device = find_device(shared.device)
    check_sizes(config, shared)
    use_threads(shared.threads)
    torch.manual_seed(shared.seed)
    one = {name: partial(component, config[name], name, shared.trust) for name in PARTS - GROUPS}
    several = {name: partial(components, config[name], name, shared.trust) for name in GROUPS}
    built = Components(  # in the order in which they draw their first weights
        settings=shared,
        device=device,
        evaluator=one["evaluation"](metrics=several["metric"]()),
        trainer=one["trainer"](),
        optimizer=one["optimizer"](),
        schedule=one["schedule"](),
        averaging=one["averaging"](),
        selection=one["selection"](),
        likelihood=one["likelihood"](),
        losses=several["loss"](),
        regularisation=several["regularisation"](),
        sampling=one["sampling"](),
        aggregation=one["aggregation"](),
        split=one["split"](),
        backbone=one["backbone"](),
        similarity=one["similarity"](),
    )
    if trains:
        _check_trainer_metric(built.trainer.metric, built.evaluator)
        check_protocol(built.evaluator, built.aggregation)
    if trains and built.trainer.max_steps:
        check_gate(built.aggregation, built.losses, built.regularisation, shared.dim)
        check_order(built.backbone, built.regularisation)
        _check_selection(built)
        check_negatives(config["negatives"], built.likelihood, shared.trust)
    _check_rate(built.optimizer)
    if shared.sparse:
        check_takes_sparse(built.optimizer)
    _check_weights(built.losses, built.regularisation)
    _check_unused(config)
    built.sampling.check(built.backbone)
    return built


def _check_rate(optimizer: Any) -> None:
    """torch refuses a wrong rate only when training begins, and 0 never."""
    rate = getattr(optimizer, "keywords", {}).get("lr", 1.0)
    require(rate > 0, "optimizer.lr must be above 0", rate)


def _check_trainer_metric(metric: str, evaluator: Evaluator) -> None:
    """Refuse a metric that validation does not have, or of which less is better."""
    known = evaluator.trainer_metrics
    names = ", ".join(known) or "those that metric=[...] chooses"
    rule = f"trainer.metric must be one of {names}, of which higher is better"
    require(metric in known, rule, metric)


def _check_selection(built: Components) -> None:
    """Refuse a selection that learns where nothing reads what it chooses."""
    learns = any(weight.requires_grad for weight in built.selection.parameters())
    losses = built.losses.values()
    read = any(one.weight for one in losses if getattr(one, "reads_choice", True))
    rule = (
        "selection must be one without weights, such as hard, where no loss trains what it chooses"
    )
    require(read or not learns, rule, type(built.selection).__name__)


def _check_unused(config: Mapping[str, Any]) -> None:
    """Refuse a choice of which the backbone makes no use."""
    for group, reason in (
        ("readout", "makes its interests itself"),
        ("intervals", "has no use for them"),
    ):
        unused = config[group] and not _holds(config["backbone"], config[group])
        rule = f"{group} must be none with a backbone that {reason}"
        require(not unused, rule, config[group].get("_target_"))


def _holds(node: Any, part: Any) -> bool:
    """Whether the part is the node, or in it."""
    inside = node.values() if isinstance(node, Mapping) else ()
    return node == part or any(_holds(value, part) for value in inside)


def _check_weights(losses: Mapping[str, Any], regularisation: Mapping[str, Any]) -> None:
    """Refuse terms that training would make worse, and losses that teach nothing."""
    for group, terms in {"loss": losses, "regularisation": regularisation}.items():
        for name, term in terms.items():
            rule = f"{group}.{name}.weight must be at least 0, and finite"
            require(0 <= term.weight < math.inf, rule, term.weight)
    weights = {f"loss.{name}.weight": loss.weight for name, loss in losses.items()}
    rule = "loss must have a weight above 0, or nothing is learned"
    require(any(weights.values()), rule, weights)
