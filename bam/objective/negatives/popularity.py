"""Popular items more often, and how much more often that is."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import PAD, Negatives


class Popularity(nn.Module):
    """S items for the whole batch, each drawn with q_i in proportion to count_i^alpha.

    count is how often an item stands in the training part; alpha 0 is uniform, 1 popularity
    itself, .75 that of word2vec (Mikolov et al., NeurIPS 2013). Without log_q scores are told that
    q was uniform, and popular items are pushed down.
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
        # not saved: they follow from the data set
        self.register_buffer("edges", q.cumsum(0), persistent=False)
        self.register_buffer("log_vq", log_lift(q, log_q), persistent=False)

    def forward(self, target: Int[Tensor, " B"]) -> Negatives:
        drawn = torch.rand(1, self.num_negatives, dtype=torch.float64, device=target.device)
        # the edges end at 1 but for rounding
        place = torch.searchsorted(self.edges, drawn, right=True).clamp(max=len(self.edges) - 1)
        return Negatives(place + PAD + 1, self.log_vq[place])


def shares(count: Int[Tensor, " V1"], alpha: float) -> Float[Tensor, " V"]:
    """q_i = count_i^alpha / sum_j count_j^alpha of the real items.

    An item that was never met counts as met once: ranking lets it compete, so training must meet
    it too.

    Raises:
        Mistake: alpha is below 0.
    """
    require(alpha >= 0, "alpha must be at least 0", alpha)
    weight = count[PAD + 1 :].clamp(min=1).double() ** alpha
    return weight / weight.sum()


def log_lift(q: Float[Tensor, " V"], log_q: bool) -> Float[Tensor, " V"]:
    """log(V q_i): how much more often than uniformly; all 0 where it is not to be told."""
    return (len(q) * q).log().float() if log_q else torch.zeros(len(q))
