"""How evenly the interests share the work, and how far apart they point."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from bam.model.scores import interest_scores
from bam.records import Mixture


def winners(mixture: Mixture, targets: Float[Tensor, "B T D"]) -> Int[Tensor, "B T"]:
    """The interest that scores each target highest."""
    return interest_scores(mixture, targets).max(1).indices  # argmax takes ten times as long


def pairwise_cosine(vectors: Float[Tensor, "B K D"]) -> Float[Tensor, " B"]:
    """Mean cosine over the pairs of a user's interests; 1 where there is only one interest."""
    unit = normalize(vectors, dim=-1)
    K = unit.shape[1]
    if K == 1:
        return torch.ones(len(unit), dtype=unit.dtype, device=unit.device)
    return (unit.sum(1).square().sum(-1) - unit.square().sum((1, 2))) / (K * (K - 1))


def summary(
    winner: Int[Tensor, " M"], cosine: Float[Tensor, " U"], num_interests: int
) -> dict[str, float | list[float]]:
    """Share of targets won by each interest, how even it is, and the mean pairwise cosine.

    entropy: H / log K; effective: exp H, an effective number of interests; gini: 0 is even,
    1 - 1/K is one winner; dead: how many interests win less than .02 / K.
    """
    share = shares(winner, num_interests)
    entropy = float(-torch.special.xlogy(share, share).sum())
    return {
        "share": share.tolist(),
        "entropy": entropy / math.log(num_interests) if num_interests > 1 else 1.0,
        "effective": math.exp(entropy),
        "gini": float((share[:, None] - share).abs().sum()) / (2 * num_interests),
        "dead": int((share < 0.02 / num_interests).sum()),
        "cosine": float(cosine.mean()),
    }


def shares(winner: Int[Tensor, "*M"], num_interests: int) -> Float[Tensor, " K"]:
    """How often each interest wins, as a share of 1."""
    won = torch.bincount(winner.flatten(), minlength=num_interests)
    return won.double() / max(1, winner.numel())
