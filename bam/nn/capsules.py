"""Dynamic routing between a history and K capsules (Sabour et al., NeurIPS 2017; MIND; ComiRec)."""

import torch
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

INTERESTS, HISTORY = 1, 2  # the axis of the coupling [B K L] over which its softmax sums to 1


def dynamic_routing(
    votes: Float[Tensor, "B H L D"],
    start: Float[Tensor, "B K L"],
    real: Bool[Tensor, "B L"],
    rounds: int,
    axis: int,
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B K L"]]:
    """m_k = squash(sum_l c_kl v_kl) with c = softmax(b), and b_kl += <m_k, v_kl> in each round.

    `votes` are v: one for each capsule (H = K), or shared by all (H = 1). `start` is the first b,
    and `axis` the axis of the softmax. The coupling c is the routing that is returned; it is 0 on
    padding, although padding takes part in a softmax over HISTORY. Only the last round has a
    gradient.
    """
    logits = start
    for _ in range(rounds - 1):
        capsules = _capsules(_coupling(logits, real, axis), votes.detach())
        logits = logits + _agreement(capsules, votes.detach())
    coupling = _coupling(logits, real, axis)
    return _capsules(coupling, votes), coupling


def _capsules(
    coupling: Float[Tensor, "B K L"], votes: Float[Tensor, "B H L D"]
) -> Float[Tensor, "B K D"]:
    """squash(sum_l c_kl v_kl)."""
    grouped = rearrange(coupling, "b (h m) l -> b h m l", h=votes.shape[1])
    return squash((grouped @ votes).flatten(1, 2))


def _agreement(
    capsules: Float[Tensor, "B K D"], votes: Float[Tensor, "B H L D"]
) -> Float[Tensor, "B K L"]:
    """<m_k, v_kl>."""
    grouped = rearrange(capsules, "b (h m) d -> b h m d", h=votes.shape[1])
    return (grouped @ votes.mT).flatten(1, 2)


def squash(z: Float[Tensor, "B K D"]) -> Float[Tensor, "B K D"]:
    """|z|^2 / (1 + |z|^2) * z / |z|: the same direction, with a length below 1."""
    square = z.square().sum(-1, keepdim=True)
    return z * square / (1 + square) / (square + 1e-9).sqrt()


def _coupling(
    logits: Float[Tensor, "B K L"], real: Bool[Tensor, "B L"], axis: int
) -> Float[Tensor, "B K L"]:
    return torch.where(real[:, None], logits.softmax(axis), 0.0)
