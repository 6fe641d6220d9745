"""The best interest scores (Li et al., CIKM 2019; Cen et al., KDD 2020)."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.records import Interests, Mixture


def maximum(
    scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
) -> Float[Tensor, "*b S"]:
    """The best of each item's scores."""
    return torch.amax(scores, -2, out=out)


class Maximum(nn.Module):
    """score(i) = max_k <m_k, e_i>."""

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """All interests count equally."""
        return Mixture.equal(interests)

    pool = staticmethod(maximum)
