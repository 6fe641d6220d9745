"""CMI's extractor: interests that all users share, made personal (Li et al., SIGIR 2022)."""

import torch
from einops import einsum, rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.errors import require
from bam.nn.causal import last_place, states_at
from bam.nn.init import normal_by_fan_in
from bam.nn.length import divisor
from bam.records import Histories, Interests

SMALLEST = 1e-30  # of what all items of a history belong to an interest


class GlobalInterests(nn.Module):
    """m_k = norm(norm(sum_t P_tk x_t) + g), P_tk = softmax_k(cos(x_t, c_k) / temperature).

    c are K vectors that all users share, g is the last state of a GRU over the history, and norm is
    the length 1. The routing is P_tk / sum_t P_tk.
    """

    def __init__(self, dim: int, num_interests: int, temperature: float):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        self.temperature = temperature
        self.prototypes = nn.Parameter(torch.empty(num_interests, dim))
        normal_by_fan_in(self.prototypes.data)
        self.recurrence = nn.GRU(dim, dim, batch_first=True)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        share = self._share(items) * real[..., None]
        whole = share.sum(1, keepdim=True).clamp(min=SMALLEST)
        routing = rearrange(share / whole, "b l k -> b k l")
        common = einsum(routing, items, "b k l, b l d -> b k d")
        state = self._states(items, last_place(real))
        return Interests(_personal(common, state), routing, state)

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history."""
        items = histories.items
        each = einsum(self._share(items), items, "b l k, b l d -> b l k d")
        common = states_at(each.cumsum(1), place)  # a sum points as the mean does
        state = self._states(items, place)
        return Interests.unrouted(_personal(common, state), state)

    def _share(self, items: Float[Tensor, "B L D"]) -> Float[Tensor, "B L K"]:
        return memberships(items, self.prototypes, self.temperature)

    def _states(
        self, items: Float[Tensor, "B L D"], place: Int[Tensor, " N"]
    ) -> Float[Tensor, "N D"]:
        return states_at(self.recurrence(items)[0], place)


def _personal(
    common: Float[Tensor, "N K D"], state: Float[Tensor, "N D"]
) -> Float[Tensor, "N K D"]:
    return normalize(normalize(common, dim=-1) + state[:, None], dim=-1)


def memberships(
    items: Float[Tensor, "B L D"], prototypes: Float[Tensor, "K D"], temperature: float
) -> Float[Tensor, "B L K"]:
    """P_tk: how far each item belongs to each of the shared interests; it sums to 1 over them."""
    cosine = (items / divisor(items)) @ normalize(prototypes, dim=-1).T
    return (cosine / temperature).softmax(-1, dtype=items.dtype)
