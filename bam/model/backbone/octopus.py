"""Octopus: each item of a history goes to one channel (Liu et al., SIGIR 2020)."""

import torch
from einops import einsum
from torch import nn
from torch.nn.functional import normalize

from bam.nn.causal import mean_item
from bam.nn.init import normal_by_fan_in
from bam.records import Histories, Interests


class Octopus(nn.Module):
    """m_k = sum_l a_kl x_l over the items of channel k, a_k = softmax over them of <h_k, x_l>.

    h are K vectors that all users share; an item is in the channel whose h_k has the highest cosine
    with it, and in no other. A channel without items is not active: its place repeats the channel
    of the last item, which changes no maximum, and with max_cosine below 1 sends no query. So the
    number of queries is that of the user's active channels.
    The paper learns the channels by argmin sum_x ||x - x H^T H||; here they learn from the
    attention, and regularisation=orthogonality keeps them apart.
    """

    def __init__(self, dim: int, num_interests: int):
        super().__init__()
        self.prototypes = nn.Parameter(torch.empty(num_interests, dim))
        normal_by_fan_in(self.prototypes.data)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        cosine = einsum(normalize(self.prototypes, dim=1), items, "k d, b l d -> b l k")
        channel = cosine.argmax(2)
        every = torch.arange(len(self.prototypes), device=channel.device)[:, None]
        belongs = (channel[:, None] == every) & real[:, None]
        last = channel.gather(1, (real.sum(1, keepdim=True) - 1).clamp(min=0))
        place = torch.where(belongs.any(2), every[:, 0], last)[..., None].expand_as(belongs)
        energy = einsum(self.prototypes, items, "k d, b l d -> b k l").gather(1, place)
        energy = energy.masked_fill(~belongs.gather(1, place), -torch.inf)
        routing = energy.softmax(2, dtype=items.dtype)
        vectors = einsum(routing, items, "b k l, b l d -> b k d")
        return Interests(vectors, routing, mean_item(histories))
