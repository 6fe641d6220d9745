"""The similarities of several models."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Each member scales its own dimensions; those that are 0 stay so."""

    def __init__(self, members: list[nn.Module], widths: list[int]):
        super().__init__()
        self.members, self.widths = nn.ModuleList(members), widths

    def forward(self, x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N D"]:
        parts = zip(self.members, x.split(self.widths, -1), strict=True)
        return torch.cat([member(part) for member, part in parts], -1)
