"""The length by which vectors are divided."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.linalg import vector_norm

SHORTEST = 1e-6  # a shorter vector has no direction to speak of


def divisor(x: Float[Tensor, "*N D"]) -> Float[Tensor, "*N 1"]:
    """|x|, and 1 for a vector that is shorter than SHORTEST, which so stays as it is.

    To scale such a one, as of an item whose features are not learned yet, would scale its gradient
    a million times, too: the second moment of Adam then holds it down for thousands of steps.
    """
    length = vector_norm(x, dim=-1, keepdim=True)
    return torch.where(length < SHORTEST, 1.0, length)
