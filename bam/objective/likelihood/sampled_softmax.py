"""Sampled softmax (Jean et al., ACL 2015), with label smoothing (Szegedy et al., CVPR 2016)."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.objective.candidates import (
    negative_scores,
    smooth_labels,
    target_scores,
)
from bam.objective.hard_negatives import hard_negatives
from bam.records import Answer, Candidates


class SampledSoftmax(nn.Module):
    """-log(exp s_target / (exp s_target + sum_j exp s_j)) over the negatives j, in nats.

    s is the joint score of a group of interests. The target of a row never counts as its negative.
    log V q_j is subtracted from s_j, so that for every q the sum estimates S / V of the sum over
    all items. With label_smoothing the label of the target is 1 - label_smoothing, and all
    candidates, the target too, share the rest equally.
    """

    def __init__(self, label_smoothing: float):
        super().__init__()
        rule = "label_smoothing must be at least 0 and below 1"
        require(0 <= label_smoothing < 1, rule, label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(
        self, answers: Sequence[Answer], candidates: Candidates
    ) -> list[Float[Tensor, "B G"]]:
        if self.label_smoothing > 0:
            return self._smoothed(answers, candidates)
        return hard_negatives(answers, candidates, beta=0.0)

    def _smoothed(
        self, answers: Sequence[Answer], candidates: Candidates
    ) -> list[Float[Tensor, "B G"]]:
        positive = target_scores(answers, candidates)
        negative = negative_scores(answers, candidates)
        hit = candidates.accidental_hit
        count = 1 + (~hit).sum(-1, keepdim=True)
        found = []
        for p, n in zip(positive, negative, strict=True):
            nll = softplus(log_sum_exp(n, -1) - p)
            mean = (p + n.masked_fill(hit[:, None], 0).sum(-1)) / count
            found.append(smooth_labels(nll, p, mean, self.label_smoothing))
        return found
