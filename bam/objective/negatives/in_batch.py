"""The targets of a batch as negatives of each other."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.objective.negatives.popularity import log_lift, shares
from bam.records import PAD, Negatives


class InBatch(nn.Module):
    """S items for the whole batch, each the target of a row that is drawn uniformly.

    So an item is a negative as often as it is a target. q_i is the share of item i in the training
    part, which targets follow closely; Yi et al. (RecSys 2019) estimate it while they train.
    Without log_q the scores of popular items become too low. A batch of one has only its target.
    """

    log_vq: Float[Tensor, " V"]

    def __init__(
        self, num_items: int, count: Callable[[], Tensor], num_negatives: int, log_q: bool
    ):
        super().__init__()
        require(num_negatives >= 1, "num_negatives must be at least 1", num_negatives)
        self.num_negatives = num_negatives
        # not saved: it is computed from the data set
        self.register_buffer("log_vq", log_lift(shares(count(), 1.0), log_q), persistent=False)

    def forward(self, target: Int[Tensor, " B"]) -> Negatives:
        row = torch.randint(len(target), (1, self.num_negatives), device=target.device)
        return Negatives(target[row], self.log_vq[target[row] - PAD - 1])
