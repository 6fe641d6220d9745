"""Interest-aware hard negatives, IHN (Xie et al., RecSys 2023)."""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.objective.candidates import (
    MASKED,
    against_negatives,
    correction,
    grouped,
    joint_score,
    of_target,
)
from bam.records import Candidates


class HardNegatives(nn.Module):
    """-s_target + log(exp s_target + N), N = sum_j w_j exp s_j / mean_j w_j, w_j = exp(beta s_j).

    beta = 0 is sampled softmax; a larger one makes a negative count more the higher it scores.
    s is the joint score of a group of interests; the group's own target never counts as negative.
    s_j is less log V q_j, in w_j too.
    """

    def __init__(self, beta: float):
        super().__init__()
        require(beta >= 0, "beta must be at least 0", beta)
        self.beta = beta

    def forward(
        self, vectors: Float[Tensor, "B K E"], group: Int[Tensor, "B G M"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        vectors = grouped(vectors, group)
        positive = of_target(vectors, candidates)
        own = candidates.own[:, None]
        negative = joint_score(against_negatives(vectors, candidates))
        negative = negative + correction(candidates)[:, None]
        weight = (self.beta * negative).masked_fill(own, MASKED)
        count = (~own).sum(-1).clamp(min=1)
        hard = log_sum_exp(weight + negative, -1) - log_sum_exp(weight, -1) + count.log()
        return softplus(hard - positive)
