"""Routing regularisation, RR (Xie et al., RecSys 2023)."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.objective.item_weights import routing
from bam.records import Prediction


class Routing(nn.Module):
    """weight * sum over the batch of || diag((A - mean A)(A - mean A)^T / D) ||^2.

    A has all L positions, 0 on padding. It is a sum over the batch, as published: a good weight
    depends on the batch size and on D. It is computed as batch_size times the mean over rows, so
    that processes with a part of the batch each can average.
    """

    def __init__(self, weight: float, dim: int, history_length: int, batch_size: int):
        super().__init__()
        self.weight, self.dim = weight, dim
        self.history_length, self.batch_size = history_length, batch_size

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        shares = routing(prediction, "routing")
        # a batch may be cut to its longest history, below L
        mean_square = shares.sum(-1).square() / self.history_length
        spread = (shares.square().sum(-1) - mean_square) / self.dim
        return self.weight * self.batch_size * spread.square().sum(1).mean()
