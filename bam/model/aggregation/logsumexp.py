"""All interests score together, as in the multi-interest loss (Lee et al., 2024, eq. 10-11)."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import MaybeInfinite, require
from bam.records import Interests, Mixture


class LogSumExp(nn.Module):
    """score(i) = (1/b) log sum_k exp(b <m_k, e_i>), b the sharpness; infinite: the maximum."""

    def __init__(self, sharpness: MaybeInfinite):
        super().__init__()
        require(sharpness > 0, "sharpness must be above 0", sharpness)
        self.sharpness = float(sharpness)

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """All interests count equally."""
        return Mixture.equal(interests)

    def pool(
        self, scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
    ) -> Float[Tensor, "*b S"]:
        """The joint score of each item."""
        if math.isinf(self.sharpness):
            return torch.amax(scores, -2, out=out)
        if self.sharpness == 1:
            return torch.logsumexp(scores, -2, out=out)
        pooled = torch.logsumexp(self.sharpness * scores, -2, out=out)
        return pooled.div_(self.sharpness)
