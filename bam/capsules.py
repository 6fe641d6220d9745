"""Dynamic routing between a history and K capsules (Sabour et al., NeurIPS 2017; MIND; ComiRec)."""

import torch
from einops import einsum
from jaxtyping import Bool, Float
from torch import Tensor

from bam.records import Interests

INTERESTS, HISTORY = 1, 2  # what the coupling of [B K L] sums to one over


def dynamic_routing(
    votes: Float[Tensor, "B K L D"],
    start: Float[Tensor, "B K L"],
    real: Bool[Tensor, "B L"],
    rounds: int,
    axis: int,
) -> Interests:
    """m_k = squash(sum_l c_kl v_kl), c = softmax(b), b += <m, v>; only the last round has gradient.

    Padding has no coupling, though under HISTORY it takes its part of the softmax.
    """
    logits = start
    for _ in range(rounds - 1):
        heard = votes.detach()
        capsules = squash(einsum(_coupling(logits, real, axis), heard, "b k l, b k l d -> b k d"))
        logits = logits + einsum(capsules, heard, "b k d, b k l d -> b k l").detach()
    coupling = _coupling(logits, real, axis)
    return Interests(squash(einsum(coupling, votes, "b k l, b k l d -> b k d")), coupling)


def squash(z: Float[Tensor, "B K D"]) -> Float[Tensor, "B K D"]:
    """|z|^2 / (1 + |z|^2) * z / |z|: keeps the direction, brings the length below 1."""
    square = z.square().sum(-1, keepdim=True)
    return z * square / (1 + square) / (square + 1e-9).sqrt()


def _coupling(
    logits: Float[Tensor, "B K L"], real: Bool[Tensor, "B L"], axis: int
) -> Float[Tensor, "B K L"]:
    return torch.where(real[:, None], logits.softmax(axis), 0.0)
