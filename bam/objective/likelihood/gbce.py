"""Generalised binary cross-entropy, gBCE (Petrov, Macdonald, RecSys 2023)."""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

from bam.errors import require
from bam.objective.candidates import against_negatives, correction, grouped, joint_score, of_target
from bam.records import Candidates


class GBCE(nn.Module):
    """-(beta log sigmoid(s_target) + sum_j log(1 - sigmoid(s_j))) / (1 + S), in nats: a mean.

    beta = alpha (t (1 - 1/alpha) + 1/alpha), which is 1 - t (1 - alpha), with the sampling rate
    alpha = S / (V - 1), at most 1. t calibrates: 0 is binary cross-entropy, which with few
    negatives is too sure of itself; with 1 probabilities are those that all negatives would give.
    s is the joint score of a group of interests, plus bias; the group's own target never counts as
    negative, neither in the sum nor in the mean.

    The paper has no bias. Without one, scores near 0 say that half of all candidates are targets;
    to lower them all at once every vector takes one direction, and the interests collapse before
    they have learned anything. A bias that says how rare targets are spares them that, as in
    SigLIP (Zhai et al., ICCV 2023); it changes no ranking.
    """

    def __init__(self, t: float, bias: float):
        super().__init__()
        require(0 <= t <= 1, "t must be within 0 and 1", t)
        self.t, self.bias = t, bias

    def forward(
        self, vectors: Float[Tensor, "B K D"], group: Int[Tensor, "B G M"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        vectors = grouped(vectors, group)
        positive = of_target(vectors, candidates)
        positive = positive + self.bias
        negative = joint_score(against_negatives(vectors, candidates))
        negative = negative + (self.bias + correction(candidates))[:, None]
        alpha = min(1.0, candidates.own.shape[1] / max(1, candidates.num_items - 1))
        beta = 1 - self.t * (1 - alpha)
        count = 1 + (~candidates.own).sum(-1)
        return (softplus(negative).sum(-1) - beta * logsigmoid(positive)) / count[:, None]
