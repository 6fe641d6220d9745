"""Generalised binary cross-entropy, gBCE (Petrov, Macdonald, RecSys 2023)."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, softplus

from bam.errors import require
from bam.objective.answers import joint_scores
from bam.objective.candidates import log_q_correction, require_negatives, target_scores
from bam.records import Answer, Candidates


class GBCE(nn.Module):
    """-(beta log sigmoid(s_target) + sum_j log(1 - sigmoid(s_j))) / (1 + S), in nats: a mean.

    beta = alpha (t (1 - 1/alpha) + 1/alpha), which is 1 - t (1 - alpha), with the sampling rate
    alpha = S / (V - 1), at most 1. t calibrates: 0 is binary cross-entropy, which is too
    confident with few negatives; 1 gives the probabilities that all negatives would give.
    s is the joint score of a group of interests, plus bias. The target of a row never counts as its
    negative, neither in the sum nor in the mean. Of negatives that are not drawn uniformly s_j is
    lowered by log(V q_j), as by the other sampled likelihoods; the paper draws uniformly.

    The paper has no bias. Without one, scores near 0 mean that half of all candidates are targets;
    to lower all scores at once, all vectors turn to one direction, and the interests collapse
    before they have learned anything. A negative bias, which states how rare targets are, prevents
    this, as in SigLIP (Zhai et al., ICCV 2023); it changes no ranking.
    """

    def __init__(self, t: float, bias: float):
        super().__init__()
        require(0 <= t <= 1, "t must be within 0 and 1", t)
        self.t, self.bias = t, bias

    def forward(
        self, answers: Sequence[Answer], candidates: Candidates
    ) -> list[Float[Tensor, "B G"]]:
        require_negatives(candidates)
        positive = target_scores(answers, candidates)
        negative = joint_scores(answers, candidates.negatives)
        offset = self.bias + log_q_correction(candidates)[:, None]
        hit = candidates.accidental_hit
        alpha = min(1.0, hit.shape[1] / max(1, candidates.num_items - 1))
        beta = 1 - self.t * (1 - alpha)
        count = 1 + (~hit).sum(-1, keepdim=True)
        return [
            (softplus(n + offset).sum(-1) - beta * logsigmoid(p + self.bias)) / count
            for p, n in zip(positive, negative, strict=True)
        ]
