"""Soft selection whose tau changes while it trains: for example, soft first and hard later."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.objective.selection.soft import Drawn, Inner


class Annealed(nn.Module):
    """c_k = tau_t <m_k, e_target> at training step t = 0, 1, ...

    tau_t goes from `first` to `last` in `steps` steps, evenly in its logarithm, and stays there.
    The count of steps is a buffer, so that a resumed run continues from it.
    """

    step: Tensor

    def __init__(self, first: float, last: float, steps: int):
        super().__init__()
        require(first > 0, "first must be above 0", first)
        require(last > 0, "last must be above 0", last)
        require(steps >= 1, "steps must be at least 1", steps)
        self.first, self.last, self.steps = first, last, steps
        self.inner = Inner()
        self.register_buffer("step", torch.zeros(()))

    def forward(
        self, vectors: Float[Tensor, "B K D"], target: Float[Tensor, "B D"]
    ) -> Float[Tensor, "B K"]:
        share = (self.step / self.steps).clamp(max=1)
        tau = self.first ** (1 - share) * self.last**share
        if self.training:
            self.step += 1
        return tau * self.inner(vectors, target)


def drawn(first: float, last: float, steps: int) -> Drawn:
    """BaM_p with a tau that changes."""
    return Drawn(1.0, Annealed(first, last, steps))
