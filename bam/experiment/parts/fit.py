"""Whether the chosen parts fit each other: what one of them would not use, or cannot work with."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from bam.config.target import find_target
from bam.errors import Mistake, require
from bam.evaluation.evaluator import Evaluator
from bam.objective.negatives.none import Nothing


def takes_log_probabilities(evaluator: Evaluator) -> bool:
    """Whether seen items are not ranked: any other score is above every log probability."""
    return not math.isfinite(evaluator.protocol.seen_score)


def check_protocol(evaluator: Evaluator, aggregation: Any) -> None:
    """Refuse seen items at a score that is above every score of the model.

    An aggregation whose scores are log probabilities has the attribute `gives_log_probabilities`.
    """
    rule = (
        "evaluation must be clean or repeats with aggregation=mixture and an ensemble of runs, "
        "whose scores are log probabilities, below the score of seen items"
    )
    below = getattr(aggregation, "gives_log_probabilities", False)
    fits = not below or takes_log_probabilities(evaluator)
    require(fits, rule, type(evaluator.protocol).__name__)


def check_order(backbone: Any, regularisation: Mapping[str, Any]) -> None:
    """Refuse a term that pairs the interests of two views, where their order may differ.

    Such a term has the attribute `needs_order`, such a backbone `changes_order`.
    """
    needing = names_having("needs_order", regularisation)
    rule = f"backbone must keep the order of the interests for {', '.join(needing)}"
    got = f"{type(backbone).__name__}, whose order may differ between two views of a history"
    require(not (needing and getattr(backbone, "changes_order", False)), rule, got)


def check_negatives(negatives: Mapping[str, Any], likelihood: Any, trust: Sequence[str]) -> None:
    """Refuse negatives that would be drawn and not used: the likelihood's `uses_negatives`."""
    target = negatives.get("_target_")
    drawn = find_target(target, "negatives", trust) is not Nothing
    rule = "negatives must be none with a likelihood that compares a target with every item"
    require(not drawn or getattr(likelihood, "uses_negatives", True), rule, target)


def check_takes_sparse(optimizer: Callable[..., torch.optim.Optimizer]) -> None:
    """Refuse an optimizer whose step fails with a sparse gradient."""
    weight = nn.Parameter(torch.zeros(2, 1))
    weight.grad = torch.zeros(2, 1).to_sparse(1)
    try:
        optimizer([weight]).step()
    except RuntimeError as error:
        raise Mistake(
            "sparse must be false with this optimizer, which takes dense gradients alone; "
            "optimizer=lazy_adam takes both"
        ) from error


def names_having(attribute: str, regularisation: Mapping[str, Any]) -> dict[str, Any]:
    """The terms that count and have this attribute, as options, and what it is."""
    return {
        f"regularisation={name}": value
        for name, term in regularisation.items()
        if term.weight != 0 and (value := getattr(term, attribute, False))
    }
