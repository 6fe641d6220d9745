"""The best assignment of targets to interests, over sets of interests (Held, Karp, 1962)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.errors import require

MOST = 10  # interests; each more doubles the time


class Exact(nn.Module):
    """best_t(S) = max_{k in S} best_{t-1}(S without k) + s_tk, S a set of t interests.

    It is the assignment of the Hungarian method, found in T K 2^K steps for all histories at once,
    without leaving the device.

    Raises:
        Mistake: there are more than 10 interests.
    """

    def __init__(self, num_interests: int):
        super().__init__()
        rule = f"num_interests must be at most {MOST}; selection=exclusive_sinkhorn has no limit"
        require(num_interests <= MOST, rule, num_interests)

    def forward(
        self, scores: Float[Tensor, "G T K"], real: Bool[Tensor, "G T"]
    ) -> Int[Tensor, "G T"]:
        """The interest of each real target; any number for the others."""
        G, T, K = scores.shape
        bit = 1 << torch.arange(K, device=scores.device)
        every = torch.arange(2**K, device=scores.device)[:, None]  # a bit for each interest
        missing = (every & bit) == 0
        best = torch.cat([scores.new_zeros(G, 1), scores.new_full((G, 2**K - 1), -torch.inf)], 1)
        last = []
        for t in range(T):
            total = best[:, every ^ bit] + scores[:, t, None]
            top, interest = total.masked_fill(missing, -torch.inf).max(2)
            best = torch.where(real[:, t, None], top, best)
            last.append(interest)
        taken, found = best.argmax(1, keepdim=True), []
        for t in reversed(range(T)):
            found.append(last[t].gather(1, taken))
            taken = torch.where(real[:, t, None], taken ^ bit[found[-1]], taken)
        return torch.cat(found[::-1], 1)
