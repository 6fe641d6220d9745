"""Octopus: each item of a history goes to one channel (Liu et al., SIGIR 2020)."""

import torch
from einops import einsum, rearrange
from torch import nn
from torch.linalg import vector_norm

from bam.nn.causal import mean_item
from bam.nn.init import normal_by_fan_in
from bam.nn.matmul import linear
from bam.records import Histories, Interests


class Octopus(nn.Module):
    """m_k = sum_l a_kl x_l over the items of channel k, a_k = softmax over them of <h_k, x_l>.

    h are K vectors that all users share; an item is in the channel whose h_k has the highest cosine
    with it, and in no other. A channel without items is not active: its place repeats the channel
    of the last item, which changes no maximum, and with max_cosine below 1 sends no query. So the
    number of queries is that of the user's active channels. An aggregation that adds interests up
    counts that channel once for each place.
    The paper learns the channels by argmin sum_x ||x - x H^T H||; here they learn from the
    attention, and regularisation=orthogonality keeps them apart.
    """

    changes_order = True  # from one view of a history to another

    def __init__(self, dim: int, num_interests: int):
        super().__init__()
        self.prototypes = nn.Parameter(torch.empty(num_interests, dim))
        normal_by_fan_in(self.prototypes.data)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        scores = linear(items, self.prototypes)
        channel = (scores / vector_norm(self.prototypes, dim=1)).argmax(2, keepdim=True)
        every = torch.arange(scores.shape[2], device=channel.device)
        belongs = (channel == every) & real[..., None]
        last = channel[:, :, 0].gather(1, (real.sum(1, keepdim=True) - 1).clamp(min=0))
        place = torch.where(belongs.any(1), every, last)[:, None].expand_as(belongs)
        energy = scores.gather(2, place).masked_fill(~belongs.gather(2, place), -torch.inf)
        # not along the last axis: the gradient there depends on the number of threads
        routing = rearrange(energy.softmax(1, dtype=items.dtype), "b l k -> b k l")
        vectors = einsum(routing, items, "b k l, b l d -> b k d")
        return Interests(vectors, routing, mean_item(histories))
