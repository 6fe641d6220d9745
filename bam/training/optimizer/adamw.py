"""AdamW (Loshchilov, Hutter, ICLR 2019, algorithm 2), with decay on matrices alone."""

from collections.abc import Iterable

import torch
from torch import nn

from bam.errors import require


def adamw(
    parameters: Iterable[nn.Parameter], lr: float, weight_decay: float, fused: bool
) -> torch.optim.AdamW:
    """AdamW, whose step also takes lr * weight_decay * W off every matrix W.

    Biases, the scales of norms and one number a head do not decay. The padding row is 0 and
    stays 0.

    Raises:
        Mistake: weight_decay is below 0.
    """
    require(weight_decay >= 0, "weight_decay must be at least 0", weight_decay)
    weights = list(parameters)
    groups = [
        {"params": [w for w in weights if is_matrix(w)], "weight_decay": weight_decay},
        {"params": [w for w in weights if not is_matrix(w)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=fused)


def is_matrix(weight: torch.Tensor) -> bool:
    """Whether it has several numbers in a row: [heads 1 1] are as many vectors of one."""
    return weight.ndim > 1 and weight[0].numel() > 1
