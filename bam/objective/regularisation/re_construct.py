"""Re-construct: interests from which their items can be decoded (Re4: Zhang et al., WWW 2022)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from bam.nn.init import normal_by_fan_in
from bam.nn.matmul import linear, tanh_linear
from bam.objective.item_weights import item_weights, mean_over_positives, positives
from bam.records import Prediction


class ReConstruct(nn.Module):
    """weight * mean over rows, interests and their items t of |y_kt - x_t|^2 / D.

    An interest is decoded for each place, u_kt = U_t m_k, and the places are attended to:
    y_kt = sum_j softmax_j(<v_t, tanh(W u_kj)>) V u_kj. U, v, W and V are trained. The items of
    interest k weigh more than 1 / length in it.
    """

    def __init__(self, weight: float, dim: int, history_length: int):
        super().__init__()
        self.weight = weight
        self.decode = nn.Parameter(torch.empty(history_length, dim, dim))
        self.attention = nn.Parameter(torch.empty(history_length, dim))
        self.hidden = nn.Linear(dim, dim, bias=False)
        self.value = nn.Linear(dim, dim, bias=False)
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)

    def forward(self, prediction: Prediction) -> Float[Tensor, ""]:
        weights = item_weights(prediction, "re_construct")
        items, real = prediction.histories.items, prediction.histories.real
        rebuilt = self._rebuild(prediction.interests.vectors, real)
        error = (rebuilt.float() - items[:, None].float()).square().mean(-1)
        return self.weight * mean_over_positives(error, positives(weights, real))

    def _rebuild(
        self, vectors: Float[Tensor, "B K D"], real: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B K L D"]:
        L = real.shape[1]
        # (W U_j) m_k and (V U_j) m_k: the vectors u_kj themselves are not needed
        hidden, value = (
            (layer.weight @ self.decode[:L]).flatten(0, 1) for layer in (self.hidden, self.value)
        )
        placed = tanh_linear(vectors, hidden).unflatten(2, (L, -1))
        energy = linear(placed, self.attention[:L])  # of place j for the item at place t, last
        # not along the last axis: the gradient there depends on the number of threads
        share = energy.masked_fill(~real[:, None, :, None], -torch.inf).softmax(2)
        return share.mT.to(vectors.dtype) @ linear(vectors, value).unflatten(2, (L, -1))
