"""What retrieval with K vectors costs and finds: each interest of a user may send one query."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import normalize, pad


@dataclass(frozen=True)
class Queries:
    """What each interest of U users finds by itself; K is 0 where it has not been ranked."""

    rank: Int[Tensor, "U T K"]  # of each target, among the items it competes with; 0: no target
    weight: Float[Tensor, "U K"]  # how much each interest counts; each row sums to 1
    cosine: Float[Tensor, "U K K"]  # of each pair of interests

    @staticmethod
    def none(rank: Int[Tensor, "U T"]) -> "Queries":
        """No interest has been ranked by itself."""
        U, T = rank.shape
        return Queries(rank.new_zeros(U, T, 0), torch.zeros(U, 0), torch.zeros(U, 0, 0))

    def select(self, users: Int[Tensor, " M"]) -> "Queries":
        """Those of these users, in this order."""
        return Queries(self.rank[users], self.weight[users], self.cosine[users])

    @staticmethod
    def concatenated(parts: list["Queries"], targets: int) -> "Queries":
        """Those of several groups of users, with as many targets as the user with the most has."""
        return Queries(
            rank=torch.cat(
                [pad(part.rank, (0, 0, 0, targets - part.rank.shape[1])) for part in parts]
            ),
            weight=torch.cat([part.weight for part in parts]),
            cosine=torch.cat([part.cosine for part in parts]),
        )


def cosines(vectors: Float[Tensor, "B K D"]) -> Float[Tensor, "B K K"]:
    """The cosine of each pair of a user's interests; 0 of an interest that is zero."""
    unit = normalize(vectors, dim=2)
    return unit @ unit.mT


def distinct_interests(
    cosine: Float[Tensor, "B K K"], weight: Float[Tensor, "B K"], max_cosine: float
) -> tuple[Bool[Tensor, "B K"], Float[Tensor, "B K"]]:
    """Which interests are kept, and their weights with those of the interests that they replace.

    Two that point the same way bring the same items. The heaviest is kept first; then each whose
    cosine with every kept one is at most `max_cosine`. One that is not kept gives its weight to
    the kept interest that is most like it, and has 0. With `max_cosine` 1 all are kept. Source:
    SetMIR (2026) drops a query whose cosine with a kept one is above .9.
    """
    if max_cosine >= 1:
        return torch.ones_like(weight, dtype=torch.bool), weight
    kept = torch.zeros_like(weight, dtype=torch.bool)
    for k in weight.argsort(dim=1, descending=True, stable=True).split(1, 1):
        like = cosine.take_along_dim(k[..., None], 1)[:, 0]
        near = (like > max_cosine) & kept
        kept.scatter_(1, k, ~near.any(1, keepdim=True))
    heir = cosine.masked_fill(~kept[:, None], -torch.inf).argmax(2)
    heir = torch.where(kept, torch.arange(kept.shape[1], device=kept.device), heir)
    return kept, torch.zeros_like(weight).scatter_add_(1, heir, weight)
