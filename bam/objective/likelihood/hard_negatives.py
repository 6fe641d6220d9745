"""Interest-aware hard negatives, IHN (Xie et al., RecSys 2023)."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.objective.hard_negatives import hard_negatives
from bam.records import Answer, Candidates


class HardNegatives(nn.Module):
    """-s_target + log(exp s_target + N), N = sum_j w_j exp s_j / mean_j w_j, w_j = exp(beta s_j).

    beta = 0 is sampled softmax; with a larger beta, negatives with high scores count more.
    s is the joint score of a group of interests. The target of a row never counts as its negative.
    log V q_j is subtracted from s_j, in w_j too.
    """

    def __init__(self, beta: float):
        super().__init__()
        require(beta >= 0, "beta must be at least 0", beta)
        self.beta = beta

    def forward(
        self, answers: Sequence[Answer], candidates: Candidates
    ) -> list[Float[Tensor, "B G"]]:
        return hard_negatives(answers, candidates, self.beta)
