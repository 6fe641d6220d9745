"""ComiRec-SA: one self-attention head an interest (Cen et al., KDD 2020, section 3.2)."""

from collections.abc import Callable

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

SMALLEST = 1e-6  # variance; at 0, as of one item alone, a root has no gradient


class ComiRecSA(nn.Module):
    """Attend to the history once an interest: M = A H, A = softmax_L(W2 tanh(W1 (H + P))).

    Positions P are learned, count from the oldest item kept, and steer attention only.
    With a `spread` c, m_k = mean_k + c std_k: mean and standard deviation of each dimension of the
    items, weighted by A_k (PoMRec: Dong et al., IEEE TPAMI 2025, where c is 3 to 4).
    """

    def __init__(
        self, dim: int, num_interests: int, history_length: int, widening: int, spread: float
    ):
        super().__init__()
        require(widening >= 1, "widening must be at least 1", widening)
        require(spread >= 0, "spread must be at least 0", spread)
        self.spread = spread
        self.position = nn.Parameter(torch.empty(history_length, dim))
        self.hidden = nn.Linear(dim, widening * dim, bias=False)
        self.attention = nn.Linear(widening * dim, num_interests, bias=False)
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        energy = apply_unpadded(self._energy, self._placed(items), real, -torch.inf)
        routing = rearrange(energy.softmax(dim=1, dtype=items.dtype), "b l k -> b k l")
        vectors = self._spread(lambda x: einsum(routing, x, "b k l, b l d -> b k d"), items)
        return Interests(vectors, routing, mean_item(histories))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history.

        The energy of an item does not depend on later items, so each equals `forward` on the part
        of the history that ends there. The routing is left out.
        """
        items = histories.items
        energy = apply_unpadded(self._energy, self._placed(items), histories.real, 0.0)
        vectors = self._spread(lambda x: states_at(causal_attention(energy, x), place), items)
        return Interests.unrouted(vectors, running_mean(histories, place))

    def _spread(
        self, mean: Callable[[Tensor], Tensor], items: Float[Tensor, "B L D"]
    ) -> Float[Tensor, "N K D"]:
        """mean + c std, from the function that takes the weighted mean of items."""
        centre = mean(items)
        if self.spread == 0:
            return centre
        variance = mean(items.square()) - centre.square()
        return centre + self.spread * variance.clamp(min=SMALLEST).sqrt()

    def _placed(self, items: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        return items + self.position[: items.shape[1]]

    def _energy(self, placed: Float[Tensor, "*N D"]) -> Float[Tensor, "*N K"]:
        return linear(tanh_linear(placed, self.hidden.weight), self.attention.weight)
