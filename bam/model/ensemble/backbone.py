"""The backbones of several models."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import pad

from bam.records import Histories, Interests


class Ensemble(nn.Module):
    """Each member reads its own dimensions of the items, of as many of the last ones as it knows.

    Its interests follow those of the members before. The routing is there if all members have one;
    an item that is too old for a member has the share 0.
    """

    def __init__(self, members: list[nn.Module], widths: list[int], history_lengths: list[int]):
        super().__init__()
        self.members = nn.ModuleList(members)
        self.widths, self.history_lengths = widths, history_lengths

    def forward(self, histories: Histories) -> Interests:
        rows = histories.items.split(self.widths, -1)
        members = zip(self.members, rows, self.history_lengths, strict=True)
        found = [_read(member, histories, items, most) for member, items, most in members]
        vectors = block_diagonal([one.vectors for one in found])
        routed = all(one.routing.shape[2] for one in found)
        routing = torch.cat([one.routing for one in found], 1) if routed else vectors[:, :, :0]
        return Interests(vectors, routing, torch.cat([one.summary for one in found], -1))


def block_diagonal(parts: Sequence[Tensor]) -> Float[Tensor, "B K D"]:
    """The vectors of all parts, [B k d] each, as 0 in the dimensions of the others."""
    before, D, found = 0, sum(part.shape[2] for part in parts), []
    for part in parts:
        after = D - before - part.shape[2]
        found.append(pad(part, (before, after)))
        before += part.shape[2]
    return torch.cat(found, 1)


def _read(
    member: nn.Module, histories: Histories, items: Float[Tensor, "B L d"], most: int
) -> Interests:
    """What a member makes of the last `most` items; the routing is of all items."""
    ids, real, times, L = histories.ids, histories.real, histories.times, items.shape[1]
    if most >= L:
        found: Interests = member(Histories(ids, items, real, times))
        return found
    older = (real.sum(1, keepdim=True) - most).clamp(min=0)
    place = older + torch.arange(most, device=items.device)
    found = member(
        Histories(
            ids=ids.gather(1, place),
            items=items.gather(1, place[..., None].expand(-1, -1, items.shape[2])),
            real=real.gather(1, place),
            times=times.gather(1, place) if times.shape[1] else times,
        )
    )
    return Interests(found.vectors, _routing_of_all(found.routing, place, L), found.summary)


def _routing_of_all(
    routing: Float[Tensor, "B k l"], place: Int[Tensor, "B m"], length: int
) -> Float[Tensor, "B k L"]:
    """The routing of the items at these places of histories, as one of all items."""
    B, k, size = routing.shape
    if not size:
        return routing
    return routing.new_zeros(B, k, length).scatter(2, place[:, None].expand(B, k, -1), routing)
