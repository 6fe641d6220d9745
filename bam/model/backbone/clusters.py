"""PinnerSage: the clusters of a history, in item vectors that are given (Pal et al., KDD 2020)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.nn.causal import mean_item
from bam.nn.ward import squared_distances, ward
from bam.records import Histories, Interests


class Clusters(nn.Module):
    """m_k is the medoid of cluster k: the item of the least squared distance to the others of it.

    Of Ward's clusters, at most `clusters` in number, the K of the largest importance
    sum_i exp(-decay * age_i) are taken, the largest first; the last item has age 0. The routing is
    an item's part of the importance. Nothing is trained. Where there are fewer clusters than
    interests, the last is repeated, which changes no maximum.

    Deviations: the number of clusters is given, and not by a threshold of the distance; age counts
    items, not days.
    """

    changes_order = True  # from one view of a history to another

    def __init__(self, num_interests: int, clusters: int, decay: float):
        super().__init__()
        rule = f"clusters must be at least num_interests={num_interests}"
        require(clusters >= num_interests, rule, clusters)
        require(decay >= 0, "decay must be at least 0", decay)
        self.num_interests, self.clusters, self.decay = num_interests, clusters, decay

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        cluster = ward(items, real, self.clusters)
        part = self._parts(cluster, real)
        routing = part / part.sum(2, keepdim=True)
        place = _medoids(items, part > 0)[..., None].expand(-1, -1, items.shape[2])
        return Interests(items.gather(1, place), routing, mean_item(histories))

    def _parts(
        self, cluster: Int[Tensor, "B L"], real: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B K L"]:
        """What each item adds to the importance of the K clusters, of which the first has most."""
        step = torch.arange(real.shape[1], device=real.device)
        age = real.sum(1, keepdim=True) - 1 - step
        weight = torch.exp(-self.decay * age) * real
        part = (cluster[:, None] == step[:, None]) * weight[:, None]
        importance = part.sum(2)
        order = importance.topk(min(self.num_interests, len(step))).indices
        found = (importance > 0).sum(1, keepdim=True)
        turn = torch.arange(self.num_interests, device=real.device)
        chosen = order.gather(1, torch.minimum(turn, found - 1))
        return part.gather(1, chosen[..., None].expand(-1, -1, len(step)))


def _medoids(items: Float[Tensor, "B L D"], member: Bool[Tensor, "B K L"]) -> Int[Tensor, "B K"]:
    """The place of the medoid of each cluster; of equals, as both of two are, the last one."""
    place = torch.arange(items.shape[1], device=items.device)
    distance = squared_distances(items, items).masked_fill(place == place[:, None], 0)
    distance = distance + distance.mT  # products of a pair may round differently
    sums = (member.to(items.dtype) @ distance).masked_fill(~member, torch.inf)
    return place.where(sums == sums.amin(2, keepdim=True), -1).amax(2)
