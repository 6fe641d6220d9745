"""Equal weights."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from bam.records import Mixture


class Equal:
    """w_k = 1 / K."""

    def __call__(
        self, mixture: Mixture, history: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B K"]:
        """The weights of each user; each row sums to 1."""
        return torch.full_like(mixture.weight, 1 / mixture.weight.shape[1])
