"""MIND: behaviour-to-interest (B2I) dynamic routing (Li et al., CIKM 2019, section 4.3)."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn
from torch.nn.functional import pad

from bam.errors import require
from bam.nn.capsules import HISTORY, INTERESTS, dynamic_routing
from bam.nn.causal import mean_item
from bam.nn.init import normal_by_fan_in
from bam.records import Histories, Interests

AXES = {"interests": INTERESTS, "history": HISTORY}


class Mind(nn.Module):
    """Route the history into K capsules through one bilinear map that all capsules share.

    Routing logits start from N(0, 1), drawn for each user in training as in the paper. At
    evaluation every user starts from one K x L draw that is kept with the weights: the same
    history always has the same interests. (From equal logits all capsules would stay equal.)

    The coupling sums to one over routing_axis: `interests`, an item is shared among the interests
    (paper), or `history`, an interest is shared among all L places, before padding is masked (BaM's
    program). With relu_layer a linear map and a ReLU follow the capsules.
    With adaptive, a user of n items has K' = max(1, min(K, log2 n)) interests; the places of the
    others repeat the K'-th, which changes no maximum. An aggregation or a loss that adds interests
    up counts that one once for each place.
    """

    changes_order = True  # from one view of a history to another

    start: Tensor

    def __init__(
        self,
        dim: int,
        num_interests: int,
        history_length: int,
        rounds: int,
        routing_axis: str,
        relu_layer: bool,
        adaptive: bool,
    ):
        super().__init__()
        require(rounds >= 1, "rounds must be at least 1", rounds)
        require(routing_axis in AXES, f"routing_axis must be {' or '.join(AXES)}", routing_axis)
        self.rounds, self.axis, self.adaptive = rounds, AXES[routing_axis], adaptive
        self.bilinear = nn.Linear(dim, dim, bias=False)
        last = [nn.Linear(dim, dim, bias=False), nn.ReLU()] if relu_layer else []
        self.project = nn.Sequential(*last)
        for matrix in self.parameters():
            normal_by_fan_in(matrix.data)
        self.register_buffer("start", torch.randn(num_interests, history_length))

    def forward(self, histories: Histories) -> Interests:
        items, real = histories.items, histories.real
        width, (K, longest) = items.shape[1], self.start.shape
        if self.axis == HISTORY:  # all L places take part in the softmax
            items, real = pad(items, (0, 0, 0, longest - width)), pad(real, (0, longest - width))
        votes = self.bilinear(items * real[..., None])[:, None]  # the same for all capsules
        start = self.start[:, : items.shape[1]].expand(items.shape[0], -1, -1)
        start = torch.randn_like(start) if self.training else start
        place = self._place(real, K)
        unused = place < torch.arange(K, device=place.device)
        start = start.masked_fill(unused[..., None], -1e9)  # no item goes there
        vectors, routing = dynamic_routing(votes, start, real, self.rounds, self.axis)
        vectors = vectors.gather(1, place[..., None].expand_as(vectors))
        routing = routing.gather(1, place[..., None].expand_as(routing))
        return Interests(self.project(vectors), routing[..., :width], mean_item(histories))

    def _place(self, real: Bool[Tensor, "B L"], K: int) -> Int[Tensor, "B K"]:
        """Which capsule is in each of the K places of a user."""
        every = torch.arange(K, device=real.device).expand(real.shape[0], -1)
        if not self.adaptive:
            return every
        return torch.minimum(every, real.sum(1, keepdim=True).log2().long().clamp(1, K) - 1)
