"""Hard selection: the interest closest to the target answers (Cen et al., KDD 2020, eq. 6)."""

import torch
from einops import einsum
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.records import Choice


class Hard(nn.Module):
    """argmax_k <m_k, e_target>."""

    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        closest = einsum(vectors, target, "b k d, b d -> b k").argmax(dim=1, keepdim=True)
        return Choice(closest, torch.ones_like(closest, dtype=vectors.dtype))
