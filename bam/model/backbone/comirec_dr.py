"""ComiRec-DR: dynamic routing with another map for each interest (Cen et al., KDD 2020)."""

import torch
from einops import einsum
from torch import nn

from bam.errors import require
from bam.nn.capsules import INTERESTS, dynamic_routing
from bam.nn.causal import mean_item
from bam.nn.init import normal_by_fan_in
from bam.records import Histories, Interests


class ComiRecDR(nn.Module):
    """v_kl = W_kl e_l; routing logits start at 0, and an item is shared among the interests.

    W has a matrix for each interest, and with per_position for each place of the history too.
    """

    def __init__(
        self, dim: int, num_interests: int, history_length: int, rounds: int, per_position: bool
    ):
        super().__init__()
        require(rounds >= 1, "rounds must be at least 1", rounds)
        self.rounds = rounds
        places = history_length if per_position else 1
        self.maps = nn.Parameter(torch.empty(num_interests, places, dim, dim))
        normal_by_fan_in(self.maps.data)

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        maps = self.maps[:, : items.shape[1]].expand(-1, items.shape[1], -1, -1)
        votes = einsum(maps, items * real[..., None], "k l e d, b l d -> b k l e")
        start = torch.zeros_like(votes[..., 0])
        vectors, routing = dynamic_routing(votes, start, real, self.rounds, INTERESTS)
        return Interests(vectors, routing, mean_item(histories))
