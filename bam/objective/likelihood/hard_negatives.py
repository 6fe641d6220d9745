"""Interest-aware hard negatives, IHN (Xie et al., RecSys 2023)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.objective.candidates import MASKED, negative_scores, target_scores
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
        positive = target_scores(answers, candidates)
        negative = negative_scores(answers, candidates)
        hit = candidates.accidental_hit[:, None]
        return [self._nll(p, n, hit) for p, n in zip(positive, negative, strict=True)]

    def _nll(
        self,
        positive: Float[Tensor, "B G"],
        negative: Float[Tensor, "B G S"],
        hit: Bool[Tensor, "B 1 S"],
    ) -> Float[Tensor, "B G"]:
        weight = (self.beta * negative).masked_fill(hit, MASKED)
        count = (~hit).sum(-1).clamp(min=1)
        hard = log_sum_exp(weight + negative, -1) - log_sum_exp(weight, -1) + count.log()
        return softplus(hard - positive)
