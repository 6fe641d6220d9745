"""Routing regularisation, RR (Xie et al., RecSys 2023)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.mistake import Mistake
from bam.records import Interests


class Routing(nn.Module):
    """weight * sum over the batch of || diag((A - mean A)(A - mean A)^T / D) ||^2.

    A has all L positions, 0 on padding. A sum over the batch, as published: the weight depends on
    the batch size and on D.
    """

    def __init__(self, weight: float, dim: int, history_length: int):
        super().__init__()
        self.weight, self.dim, self.history_length = weight, dim, history_length

    def forward(self, interests: Interests) -> Float[Tensor, ""]:
        if interests.routing.shape[-1] == 0:
            raise Mistake("regularisation=routing needs a backbone that shares out the history: "
                          "comirec_sa, comirec_dr, mind, remi; sampling=one_position")  # fmt: skip
        routing = interests.routing  # a batch may be cut to its longest history: L is counted apart
        mean_square = routing.sum(-1).square() / self.history_length
        spread = (routing.square().sum(-1) - mean_square) / self.dim
        return self.weight * spread.square().sum()
