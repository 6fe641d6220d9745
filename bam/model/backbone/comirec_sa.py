"""ComiRec-SA: one self-attention head an interest (Cen et al., KDD 2020, section 3.2)."""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.attend import attend, energies
from bam.nn.causal import causal_attention, mean_item, running_mean, states_at
from bam.nn.init import normal_by_fan_in
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
        mean, routing = attend(items, real, *self._weights(items))
        vectors = self._spread(mean, lambda x: routing @ x, items)
        return Interests(vectors, routing, mean_item(histories))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history.

        The energy of an item does not depend on later items, so each equals `forward` on the part
        of the history that ends there. The routing is left out.
        """
        items = histories.items
        energy = energies(items, histories.real, *self._weights(items), padding=0.0)

        def mean(x: Tensor) -> Tensor:
            return states_at(causal_attention(energy, x), place)

        vectors = self._spread(mean(items), mean, items)
        return Interests.unrouted(vectors, running_mean(histories, place))

    def _spread(
        self,
        centre: Float[Tensor, "N K D"],
        mean: Callable[[Tensor], Tensor],
        items: Float[Tensor, "B L D"],
    ) -> Float[Tensor, "N K D"]:
        """mean + c std, from the mean, and the function that takes the weighted mean of others."""
        if self.spread == 0:
            return centre
        variance = mean(items.square()) - centre.square()
        return centre + self.spread * variance.clamp(min=SMALLEST).sqrt()

    def _weights(self, items: Float[Tensor, "B L D"]) -> tuple[Tensor, Tensor, Tensor]:
        """The positions of these items, and what maps an item to its energies."""
        return self.position[: items.shape[1]], self.hidden.weight, self.attention.weight
