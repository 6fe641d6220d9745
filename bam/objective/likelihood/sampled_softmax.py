"""Sampled softmax (Jean et al., ACL 2015), with label smoothing (Szegedy et al., CVPR 2016)."""

from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp
from bam.objective.candidates import (
    against_negatives,
    correction,
    grouped,
    joint_score,
    label_smoothed,
    of_target,
)
from bam.records import Candidates


class SampledSoftmax(nn.Module):
    """-log(exp s_target / (exp s_target + sum_j exp s_j)) over the negatives j, in nats.

    s is the joint score of a group of interests; the group's own target never counts as negative.
    s_j is less log V q_j, by which the sum stands for S / V of that over all items, whatever q.
    With label_smoothing the labels are 1 - label_smoothing for the target, and the rest in equal
    parts for all candidates, the target among them.
    """

    def __init__(self, label_smoothing: float):
        super().__init__()
        rule = "label_smoothing must be at least 0 and below 1"
        require(0 <= label_smoothing < 1, rule, label_smoothing)
        self.label_smoothing = label_smoothing

    def forward(
        self, vectors: Float[Tensor, "B K E"], group: Int[Tensor, "B G M"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        vectors = grouped(vectors, group)
        positive = of_target(vectors, candidates)
        products = against_negatives(vectors, candidates) + correction(candidates)[:, None, None]
        # summing over interests and negatives at once is the sum over negatives of exp s_j
        total = log_sum_exp(rearrange(products, "b g k s -> b g (k s)"), -1)
        nll = softplus(total - positive)
        if self.label_smoothing == 0:
            return nll
        negative = joint_score(products).masked_fill(candidates.own[:, None], 0)
        count = 1 + (~candidates.own).sum(-1)
        mean = (positive + negative.sum(-1)) / count[:, None]
        return label_smoothed(nll, positive, mean, self.label_smoothing)
