"""What a target costs against sampled negatives, of which hard ones may count more."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import softplus

from bam.model.scores import inner_products
from bam.nn import negatives
from bam.nn.compiled import suits
from bam.nn.logsumexp import log_sum_exp
from bam.objective.answers import adds_up, by_vectors, group_size
from bam.objective.candidates import MASKED, negative_scores, require_negatives, target_scores
from bam.records import Answer, Candidates


def hard_negatives(
    answers: Sequence[Answer], candidates: Candidates, beta: float
) -> list[Float[Tensor, "B G"]]:
    """-s_target + log(exp s_target + N), N = sum_j w_j exp s_j / mean_j w_j, w_j = exp(beta s_j).

    s is the joint score of a group of interests. The target of a row never counts as its negative.
    log V q_j is subtracted from s_j, in w_j too.

    Raises:
        Mistake: there are no negatives.
    """
    require_negatives(candidates)
    positive = target_scores(answers, candidates)
    if suits(*positive, candidates.negatives) and negatives.c() and all(map(adds_up, answers)):
        return _compiled(answers, candidates, positive, beta)
    negative = negative_scores(answers, candidates)
    hit = candidates.accidental_hit[:, None]
    return [_nll(p, n, hit, beta) for p, n in zip(positive, negative, strict=True)]


def _compiled(
    answers: Sequence[Answer], candidates: Candidates, positive: list[Tensor], beta: float
) -> list[Float[Tensor, "B G"]]:
    """Answers of the same vectors at once."""
    found: dict[int, Tensor] = {}
    for vectors, places in by_vectors(answers):
        scores = inner_products(vectors, candidates.negatives.squeeze(0))
        groups = [
            negatives.Group(_members(answers[i]), answers[i].log_gate, positive[i]) for i in places
        ]
        known = (candidates.log_q, candidates.accidental_hit)
        nlls = negatives.against_negatives(scores, *known, groups, beta)
        found |= zip(places, nlls, strict=True)
    return [found[i] for i in range(len(answers))]


def _members(answer: Answer) -> Tensor:
    """Which of the vectors each group of an answer has: [B G M]."""
    if answer.group is not None:
        return answer.group
    B, C = answer.vectors.shape[:2]
    every = torch.arange(C, device=answer.vectors.device)
    return every.view(-1, group_size(answer)).expand(B, -1, -1)


def _nll(
    positive: Float[Tensor, "B G"],
    negative: Float[Tensor, "B G S"],
    hit: Bool[Tensor, "B 1 S"],
    beta: float,
) -> Float[Tensor, "B G"]:
    """The same in torch."""
    if beta == 0:
        return softplus(log_sum_exp(negative, -1) - positive)
    weight = (beta * negative).masked_fill(hit, MASKED)
    count = (~hit).sum(-1).clamp(min=1)
    hard = log_sum_exp(weight + negative, -1) - log_sum_exp(weight, -1) + count.log()
    return softplus(hard - positive)
