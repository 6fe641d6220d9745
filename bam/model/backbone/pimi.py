"""PIMI: time intervals and an item graph before the interests (Chen et al., IJCAI 2021)."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from bam.errors import require
from bam.nn.buckets import bucket
from bam.nn.causal import mean_item
from bam.nn.init import normal_by_fan_in
from bam.nn.matmul import linear
from bam.records import Histories, Interests

LOWEST = -50.0  # energy beside the highest one, so that no sum of exponentials is 0


class Pimi(nn.Module):
    """Interests of items that know how far apart, and beside which others, they were met.

    Intervals: x_i += sum_j softmax_j(a_ij) E_ij, where E_ij is a learned vector of the bucket of
    the interval between i and j, and a_ij = w tanh(W E_ij).
    Graph: in each layer h_i = x_i + sum_c softmax_c(<w, h_c>) h_c, over all places of item i and of
    the items just before and after this place, and a virtual node. That one begins as the mean of
    the items, and attends to all.
    Then the extractor makes interests of h; in the paper it is ComiRec-SA's attention.

    Ours, as the paper could not be read in full: buckets as in HSTU, x_i added rather than attended
    to, no map of values, and energies that see a bucket or a neighbour alone. So the items in each
    bucket are counted, and no [B L L D] is built.
    """

    def __init__(
        self, dim: int, buckets: int, layers: int, intervals: nn.Module, extractor: nn.Module
    ):
        super().__init__()
        require(buckets >= 2, "buckets must be at least 2", buckets)
        require(layers >= 0, "layers must be at least 0", layers)
        self.bucket = nn.Parameter(torch.empty(buckets, dim))
        self.hidden, self.energy = nn.Linear(dim, dim, bias=False), nn.Linear(dim, 1, bias=False)
        self.graph = nn.ModuleList(nn.Linear(dim, 1, bias=False) for _ in range(layers))
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)
        self.intervals, self.extractor = intervals, extractor

    def forward(self, histories: Histories) -> Interests:
        timed = replace(histories, items=histories.items + self._apart(histories))
        first = torch.cat((mean_item(timed)[:, None], timed.items), 1)
        nodes, edges = first, _edges(histories)
        for layer in self.graph:
            energy = layer(nodes) + edges[:, :1].mT.log()  # the virtual node sees what is real
            weight = (energy - energy.amax(1, keepdim=True)).clamp(min=LOWEST).exp()
            nodes = first + (edges @ (weight * nodes)) * (edges @ weight).reciprocal()
        return self.extractor(replace(histories, items=nodes[:, 1:]))

    def _apart(self, histories: Histories) -> Float[Tensor, "B L D"]:
        """sum_j softmax_j(a_ij) E_ij, as sum_n count_in exp(a_n) E_n over the buckets n."""
        energy = self.energy(self.hidden(self.bucket).tanh())
        weight = (energy - energy.max()).clamp(min=LOWEST).exp()
        both = torch.cat((weight * self.bucket, weight), 1)
        found = linear(self._count(histories), both.T)
        return found[..., :-1] * found[..., -1:].reciprocal()

    @torch.no_grad()
    def _count(self, histories: Histories) -> Float[Tensor, "B L N"]:
        """How many items are in each of the N buckets of an item."""
        real = histories.real[:, None].to(histories.items.dtype)
        place = bucket(self.intervals(histories), len(self.bucket)).expand(real.shape[0], -1, -1)
        zeros = real.new_zeros(*place.shape[:2], len(self.bucket))
        return zeros.scatter_add(2, place, real.expand(place.shape))


def _edges(histories: Histories) -> Float[Tensor, "B L1 L1"]:
    """1 where a node sees another, else 0; the virtual node is the first."""
    ids, real = histories.ids, histories.real[:, None]
    linked = ids[:, :, None] == ids[:, None]
    for near in (pad(ids, (1, -1)), pad(ids, (-1, 1))):
        linked |= near[:, :, None] == ids[:, None]
    seen = torch.cat((real, linked & real), 1)
    return pad(seen, (1, 0), value=True).to(histories.items.dtype)
