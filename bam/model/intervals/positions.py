"""How many steps lie between two items of a history."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.records import Histories


class Positions(nn.Module):
    """x_ij = |i - j|, the same for every history."""

    def forward(self, histories: Histories) -> Float[Tensor, "1 L L"]:
        place = torch.arange(histories.real.shape[1], device=histories.real.device)
        return (place[:, None] - place).abs()[None].to(histories.items.dtype)
