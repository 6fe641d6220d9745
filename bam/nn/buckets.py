"""Numbers from 0 on in buckets that grow."""

import math

from jaxtyping import Float, Int
from torch import Tensor

WIDTH = 0.301 / math.log(2)  # of a bucket, in log2: each reaches 1.35 times as far


def bucket(x: Float[Tensor, "*n"], count: int) -> Int[Tensor, "*n"]:
    """floor(log(1 + x) / .301), at most count - 1.

    HSTU (Zhai et al., ICML 2024) has log(max(1, x)), for which 0 and 1 are the same; large x fall
    in the same bucket. On a CPU torch computes log2 by itself, and log much slower.
    """
    return (1 + x).log2().div(WIDTH).long().clamp(max=count - 1)
