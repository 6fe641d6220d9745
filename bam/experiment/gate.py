"""Whether something trains the gate of an aggregation, and trains it as it serves."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from bam.errors import require
from bam.objective.answers import group_size
from bam.records import Answer, Choice, Interests, Mixture


def check_gate(
    aggregation: Any, losses: Mapping[str, Any], regularisation: Mapping[str, Any], dim: int
) -> None:
    """Refuse a gate that nothing trains, a term that finds no gate, and another score than served.

    A regularisation that trains a gate has the attribute `trains_gate`; an aggregation that
    normalises each interest by itself has `normalises_each`.

    Raises:
        Mistake: they do not fit.
    """
    vectors = torch.zeros(1, 2, dim)
    mixture = aggregation(Interests.unrouted(vectors, vectors[:, 0]), lambda: vectors[0])
    answers = trial_answers(losses.values(), mixture)
    terms = [name for name, term in regularisation.items() if _trains_gate(term)]
    has_gate = bool(list(aggregation.parameters()))
    rule = (
        "loss or regularisation must train the gate of this aggregation, its weight not 0: "
        "loss=multi_interest, loss=mixture, or a term that does, such as regularisation=[foreseen]"
    )
    trained = bool(terms) or any(learns_from(answer) for answer in answers)
    require(trained or not has_gate, rule, [*losses, *regularisation])
    needing = [f"regularisation={name}" for name in terms]
    needing += ["loss=mixture"] * any(answer.log_mix is not None for answer in answers)
    rule = f"aggregation must have a gate for {', '.join(needing)}: mixture, foreseen or gate"
    require(has_gate or not needing, rule, type(aggregation).__name__)
    rule = (
        "loss must be mixture for aggregation=mixture, which normalises each interest by itself "
        "(for other losses: aggregation=foreseen)"
    )
    together = any(group_size(answer) > 1 for answer in answers)
    require(not (together and getattr(aggregation, "normalises_each", False)), rule, [*losses])


def trial_answers(losses: Iterable[nn.Module], mixture: Mixture) -> list[Answer]:
    """What each loss with a weight answers, where the first interest is chosen."""
    B = len(mixture.vectors)
    choice = Choice(torch.zeros(B, 1, dtype=torch.int64), torch.ones(B, 1))
    return [loss(mixture, choice) for loss in losses if loss.weight != 0]


def learns_from(answer: Answer) -> bool:
    """Whether the cost of an answer has a gradient with respect to what made the mixture."""
    parts = (answer.vectors, answer.log_gate, answer.log_mix)
    return any(part is not None and part.requires_grad for part in parts)


def _trains_gate(term: Any) -> bool:
    return term.weight != 0 and getattr(term, "trains_gate", False)
