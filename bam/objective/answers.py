"""The scores that the groups of interests in an answer give to items."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from bam.model.scores import inner_products
from bam.nn.logsumexp import log_sum_exp
from bam.records import Answer

Compute = Callable[[Float[Tensor, "B C D"]], Float[Tensor, "B C *s"]]  # a value for each vector


def joint_scores(
    answers: Sequence[Answer], items: Float[Tensor, "R S D"]
) -> list[Float[Tensor, "B G S"]]:
    """s_i = (1/b) log sum_k exp(b (<m_k, e_i> + log g_k)) over the interests k of each group.

    b is the sharpness of the answer; 1 is BaM's joint score (eq. 10-11). All rows share the items
    (R = 1), or each row has other items (R = B).
    """
    shared = items.squeeze(0)  # one plain matrix product
    products = group_values(answers, lambda vectors: inner_products(vectors, shared).float())
    return [pool(p, answer) for p, answer in zip(products, answers, strict=True)]


def pool(scores: Float[Tensor, "B G M S"], answer: Answer) -> Float[Tensor, "B G S"]:
    """(1/b) log sum_k exp(b (score_k + log g_k)) over the M interests of each group."""
    if answer.log_gate is not None:
        scores = scores + answer.log_gate[..., None]
    if scores.shape[2] == 1:
        return scores[:, :, 0]
    if answer.sharpness == 1:
        return log_sum_exp(scores, 2)
    if math.isinf(answer.sharpness):
        return scores.amax(2)
    return log_sum_exp(answer.sharpness * scores, 2) / answer.sharpness


def adds_up(answer: Answer) -> bool:
    """Whether exp s_i is a sum over interests: sums over items are then sums of each interest's."""
    return answer.sharpness == 1 or group_size(answer) == 1


def joint_log_sums(
    answers: Sequence[Answer], log_sums: Compute, pooled: Callable[[Answer], Tensor]
) -> list[Float[Tensor, "B G"]]:
    """log sum_i exp s_i of each group, from lse_k = log sum_i exp <m_k, e_i> of each interest.

    The sum of exp s_i is the sum over k of g_k exp lse_k where the sharpness is 1. Elsewhere
    `pooled` gives it from the joint scores of all items.
    """
    added = [answer for answer in answers if adds_up(answer)]
    each = iter(group_values(added, log_sums))
    return [
        pool(next(each)[..., None], answer)[..., 0] if adds_up(answer) else pooled(answer)
        for answer in answers
    ]


def group_values(answers: Sequence[Answer], compute: Compute) -> list[Float[Tensor, "B G M *s"]]:
    """What `compute` gives for the interests of each group, once for vectors that answers share."""
    found: dict[int, Tensor] = {}
    for vectors, places in by_vectors(answers):
        values = compute(vectors)
        found |= {i: select(values, answers[i]) for i in places}
    return [found[i] for i in range(len(answers))]


def by_vectors(answers: Sequence[Answer]) -> list[tuple[Float[Tensor, "B C D"], list[int]]]:
    """The different vectors, each with the places of the answers that have them."""
    known: list[tuple[Tensor, list[int]]] = []
    for place, answer in enumerate(answers):
        same = [places for vectors, places in known if vectors is answer.vectors]
        if same:
            same[0].append(place)
        else:
            known.append((answer.vectors, [place]))
    return known


def narrow(answers: Sequence[Answer]) -> list[Answer]:
    """Answers with the vectors of their groups alone, so that nothing is computed for others.

    An answer keeps its vectors where another one, with the same tensor, needs all of them.
    """
    whole = [answer.vectors for answer in answers if answer.group is None]
    return [
        answer
        if _is_in(answer.vectors, whole)
        else replace(answer, vectors=select(answer.vectors, answer).flatten(1, 2), group=None)
        for answer in answers
    ]


def select(values: Float[Tensor, "B K *s"], answer: Answer) -> Float[Tensor, "B G M *s"]:
    """The values of the interests of each group."""
    if answer.group is None:
        return values.unflatten(1, (-1, group_size(answer)))
    B, K = values.shape[:2]
    first = torch.arange(0, B * K, K, device=values.device)[:, None, None]
    rows = values.flatten(0, 1).index_select(0, (first + answer.group).flatten())
    return rows.unflatten(0, answer.group.shape)


def group_size(answer: Answer) -> int:
    """M, the number of interests that answer together."""
    if answer.group is not None:
        return answer.group.shape[2]
    return answer.vectors.shape[1] // answer.weight.shape[1]


def _is_in(vectors: Tensor, some: Sequence[Tensor]) -> bool:
    return any(vectors is other for other in some)
