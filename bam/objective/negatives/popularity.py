"""Negatives that are drawn more often the more popular they are."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import PAD, Negatives


class Popularity(nn.Module):
    """S items for the whole batch, each drawn with q_i in proportion to count_i^alpha.

    count is how often an item occurs in the training part; alpha 0 is uniform, 1 is popularity,
    .75 is that of word2vec (Mikolov et al., NeurIPS 2013). Without log_q scores are not corrected,
    as if q were uniform, and the scores of popular items become too low.
    """

    edges: Float[Tensor, " V"]
    log_vq: Float[Tensor, " V"]

    def __init__(
        self,
        num_items: int,
        count: Callable[[], Tensor],
        num_negatives: int,
        alpha: float,
        log_q: bool,
    ):
        super().__init__()
        require(num_negatives >= 1, "num_negatives must be at least 1", num_negatives)
        self.num_negatives = num_negatives
        q = shares(count(), alpha)
        # not saved: they are computed from the data set
        self.register_buffer("edges", q.cumsum(0), persistent=False)
        self.register_buffer("log_vq", log_lift(q, log_q), persistent=False)

    def forward(self, target: Int[Tensor, " B"]) -> Negatives:
        drawn = torch.rand(1, self.num_negatives, dtype=torch.float64, device=target.device)
        # the last edge is 1, up to rounding
        place = torch.searchsorted(self.edges, drawn, right=True).clamp(max=len(self.edges) - 1)
        return Negatives(place + PAD + 1, self.log_vq[place])


def shares(count: Int[Tensor, " V1"], alpha: float) -> Float[Tensor, " V"]:
    """q_i = count_i^alpha / sum_j count_j^alpha of the real items.

    An item that does not occur counts as one that occurs once: it competes in the ranking, so
    training must compare with it too.

    Raises:
        Mistake: alpha is below 0.
    """
    require(alpha >= 0, "alpha must be at least 0", alpha)
    weight = count[PAD + 1 :].clamp(min=1).double() ** alpha
    return weight / weight.sum()


def log_lift(q: Float[Tensor, " V"], log_q: bool) -> Float[Tensor, " V"]:
    """log(V q_i): how much more often than uniformly; all 0 without log_q."""
    return (len(q) * q).log().float() if log_q else torch.zeros(len(q))
