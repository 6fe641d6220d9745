"""The item tables of several models."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import Interactions, Spans


class Ensemble(nn.Module):
    """The row of an item is that of each member, one after another."""

    def __init__(
        self,
        members: list[Callable[..., nn.Module]],
        widths: list[int],
        data: Interactions,
        train: Spans,
        dim: int,
        sparse: bool,
    ):
        super().__init__()
        require(sum(widths) == dim, f"widths must sum to dim {dim}", widths)
        self.members: Any = nn.ModuleList(
            make(data=data, train=train, dim=width, sparse=sparse)
            for make, width in zip(members, widths, strict=True)
        )

    @property
    def weight(self) -> nn.Parameter:
        """Of the first member, which has a row for each item, as any other has."""
        weight: nn.Parameter = self.members[0].weight
        return weight

    def forward(self, ids: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
        return torch.cat([member(ids) for member in self.members], -1)

    def every(self) -> Float[Tensor, "V1 D"]:
        return torch.cat([member.every() for member in self.members], -1)
