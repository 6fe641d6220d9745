"""Whether the losses and the terms fit the aggregation: something trains its gate, as it serves."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from bam.errors import require
from bam.experiment.parts.fit import names_having
from bam.objective.answers import group_size
from bam.records import Answer, Choice, Interests, Mixture


def check_gate(
    aggregation: Any, losses: Mapping[str, Any], regularisation: Mapping[str, Any], dim: int
) -> None:
    """Refuse a gate that nothing trains, a term that finds no gate, and a score that never serves.

    A regularisation that trains a gate has the attribute `trains_gate`: through which part of a
    mixture. One that compares the scores of the interests has `compares_interests`; an aggregation
    that normalises each interest by itself has `normalises_each`. Losses are tried on two
    interests.

    Raises:
        Mistake: they do not fit.
    """
    vectors = torch.zeros(1, 2, dim)
    mixture = aggregation(Interests.unrouted(vectors, vectors[:, 0]), lambda: vectors[0])
    choice = Choice(torch.zeros(1, 1, dtype=torch.int64), torch.ones(1, 1))
    answers = [loss(mixture, choice) for loss in losses.values() if loss.weight]
    terms = names_having("trains_gate", regularisation)
    _check_has_gate(mixture, type(aggregation).__name__, answers, terms)
    if list(aggregation.parameters()):
        trained = bool(terms) or any(learns_from(answer) for answer in answers)
        rule = (
            "loss or regularisation must train the gate of this aggregation, its weight not 0: "
            "loss=multi_interest, loss=mixture, or a term such as regularisation=[foreseen]"
        )
        require(trained, rule, [*losses, *regularisation])
    if mixture.vectors.shape[1] == 1:
        _check_compares_none(type(aggregation).__name__, regularisation)
    if getattr(aggregation, "normalises_each", False):
        rule = (
            "loss must be mixture for aggregation=mixture, which normalises each interest by "
            "itself (for other losses: aggregation=foreseen)"
        )
        require(all(group_size(answer) == 1 for answer in answers), rule, [*losses])


def learns_from(answer: Answer) -> bool:
    """Whether the cost of an answer has a gradient with respect to what made the mixture."""
    parts = (answer.vectors, answer.log_gate, answer.log_mix)
    return any(part is not None and part.requires_grad for part in parts)


def _check_has_gate(
    mixture: Mixture, aggregation: str, answers: Sequence[Answer], terms: Mapping[str, str]
) -> None:
    """Refuse what would train a part of the mixture that nothing makes."""
    needing = [name for name, part in terms.items() if not getattr(mixture, part).requires_grad]
    mixes = [answer.log_mix for answer in answers if answer.log_mix is not None]
    needing += ["loss=mixture"] * any(not log_mix.requires_grad for log_mix in mixes)
    gates = "activation, foreseen, gate or mixture"
    rule = f"aggregation must have a gate that {' and '.join(needing)} can train: {gates}"
    require(not needing, rule, aggregation)


def _check_compares_none(aggregation: str, regularisation: Mapping[str, Any]) -> None:
    needing = names_having("compares_interests", regularisation)
    rule = f"aggregation must keep the interests apart for {', '.join(needing)}"
    require(not needing, rule, f"{aggregation}, which makes one vector of them")
