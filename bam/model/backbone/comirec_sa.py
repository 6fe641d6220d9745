"""ComiRec-SA: one self-attention head an interest (Cen et al., KDD 2020, section 3.2)."""

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import causal_attention, mean_item, running_mean, states_at
from bam.nn.init import normal_by_fan_in
from bam.nn.matmul import linear, tanh_linear
from bam.nn.unpad import apply_unpadded
from bam.records import Histories, Interests


class ComiRecSA(nn.Module):
    """Attend to the history once an interest: M = A H, A = softmax_L(W2 tanh(W1 (H + P))).

    Positions P are learned, count from the oldest item kept, and steer attention only.
    """

    def __init__(self, dim: int, num_interests: int, history_length: int, widening: int):
        super().__init__()
        require(widening >= 1, "widening must be at least 1", widening)
        self.position = nn.Parameter(torch.empty(history_length, dim))
        self.hidden = nn.Linear(dim, widening * dim, bias=False)
        self.attention = nn.Linear(widening * dim, num_interests, bias=False)
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        energy = apply_unpadded(self._energy, self._placed(items), real, -torch.inf)
        routing = rearrange(energy.softmax(dim=1, dtype=items.dtype), "b l k -> b k l")
        vectors = einsum(routing, items, "b k l, b l d -> b k d")
        return Interests(vectors, routing, mean_item(histories))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history.

        The energy of an item does not depend on later items, so each equals `forward` on the part
        of the history that ends there. The routing is left out.
        """
        items = histories.items
        energy = apply_unpadded(self._energy, self._placed(items), histories.real, 0.0)
        vectors = states_at(causal_attention(energy, items), place)
        return Interests.unrouted(vectors, running_mean(histories, place))

    def _placed(self, items: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        return items + self.position[: items.shape[1]]

    def _energy(self, placed: Float[Tensor, "*N D"]) -> Float[Tensor, "*N K"]:
        return linear(tanh_linear(placed, self.hidden.weight), self.attention.weight)
