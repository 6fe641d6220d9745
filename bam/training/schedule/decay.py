"""A rate that rises in a straight line, then stays or falls: as a line, or as a cosine.

Linear: Devlin et al., BERT, NAACL 2019, appendix A.2. Cosine: Loshchilov, Hutter, SGDR, ICLR 2017,
equation 5, without restarts.
"""

import math
from collections.abc import Callable

from bam.errors import require


class Decay:
    """Share of the rate at step t, from 1: min(1, t / warmup_steps) (f + (1 - f) left(u)).

    u goes from 0 at warmup_steps to 1 at max_steps and stays there; f is final_share.
    """

    def __init__(
        self,
        warmup_steps: int,
        max_steps: int,
        final_share: float,
        left: Callable[[float], float],
    ):
        rule = f"warmup_steps must be from 0 to max_steps ({max_steps})"
        require(0 <= warmup_steps <= max_steps, rule, warmup_steps)
        require(0 <= final_share <= 1, "final_share must be from 0 to 1", final_share)
        self.warmup_steps, self.max_steps = warmup_steps, max_steps
        self.final_share, self.left = final_share, left

    def __call__(self, step: int) -> float:
        left = self.left(_share(step, self.warmup_steps, self.max_steps))
        return _share(step, 0, self.warmup_steps) * (
            self.final_share + (1 - self.final_share) * left
        )


def constant(warmup_steps: int) -> Decay:
    """left(u) = 1."""
    return Decay(warmup_steps, warmup_steps, 1.0, lambda u: 1.0)


def linear(warmup_steps: int, max_steps: int, final_share: float) -> Decay:
    """left(u) = 1 - u."""
    return Decay(warmup_steps, max_steps, final_share, lambda u: 1 - u)


def cosine(warmup_steps: int, max_steps: int, final_share: float) -> Decay:
    """left(u) = (1 + cos(pi u)) / 2."""
    return Decay(warmup_steps, max_steps, final_share, lambda u: (1 + math.cos(math.pi * u)) / 2)


def _share(step: int, first: int, last: int) -> float:
    """0 up to `first`, 1 from `last` on, a straight line between."""
    return min(1.0, max(0, step - first) / max(1, last - first))
