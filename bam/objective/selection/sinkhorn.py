"""An assignment by entropic optimal transport (Cuturi, NIPS 2013), rounded greedily."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.errors import require


class Sinkhorn(nn.Module):
    """P = exp(s / temperature), rows and columns scaled in turn until both sum to 1.

    Rows without a target have equal scores, so that they leave any interest to the others. Then the
    target and the interest of the largest P are paired, and so on with those that are left.
    For every number of interests; the lower the temperature, and the more iterations, the closer to
    the exact assignment.
    """

    def __init__(self, temperature: float, iterations: int):
        super().__init__()
        require(temperature > 0, "temperature must be above 0", temperature)
        require(iterations >= 1, "iterations must be at least 1", iterations)
        self.temperature, self.iterations = temperature, iterations

    def forward(
        self, scores: Float[Tensor, "G T K"], real: Bool[Tensor, "G T"]
    ) -> Int[Tensor, "G T"]:
        """The interest of each real target; any number for the others."""
        log_p = scores / self.temperature
        for _ in range(self.iterations):
            log_p = log_p.log_softmax(2).log_softmax(1)
        return pair_greedily(log_p.masked_fill(~real[..., None], -torch.inf))


def pair_greedily(score: Float[Tensor, "G T K"]) -> Int[Tensor, "G T"]:
    """The column of each row: the best pair first, then the best of what is left."""
    G, T, K = score.shape
    found = torch.zeros(G, T, dtype=torch.int64, device=score.device)
    rows, columns = (torch.arange(n, device=score.device) for n in (T, K))
    for _ in range(T):
        top, pair = score.flatten(1).max(1, keepdim=True)
        row = (rows == pair // K) & (top > -torch.inf)
        found = torch.where(row, pair % K, found)
        score = score.masked_fill(row[..., None] | (columns == pair % K)[:, None], -torch.inf)
    return found
