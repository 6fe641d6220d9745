"""Which interests of a user are worth a query: two that point the same way bring the same items.

Source: SetMIR (2026) drops a query whose cosine with a kept one is above .9.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import normalize


def distinct_interests(
    vectors: Float[Tensor, "B K D"], weight: Float[Tensor, "B K"], max_cosine: float
) -> tuple[Bool[Tensor, "B K"], Float[Tensor, "B K"]]:
    """Which interests are kept, and their weights with those of the interests that they replace.

    The heaviest is kept first; then each whose cosine with every kept one is at most `max_cosine`.
    One that is not kept gives its weight to the kept interest that is most like it, and has 0.
    With `max_cosine` 1 all are kept.
    """
    unit = normalize(vectors, dim=2)
    cosine = unit @ unit.mT
    kept = torch.zeros_like(weight, dtype=torch.bool)
    for k in weight.argsort(dim=1, descending=True, stable=True).split(1, 1):
        like = cosine.take_along_dim(k[..., None], 1)[:, 0]
        near = (like > max_cosine) & kept
        kept.scatter_(1, k, ~near.any(1, keepdim=True))
    if max_cosine >= 1:
        kept = torch.ones_like(kept)
    heir = cosine.masked_fill(~kept[:, None], -torch.inf).argmax(2)
    heir = torch.where(kept, torch.arange(kept.shape[1], device=kept.device), heir)
    return kept, torch.zeros_like(weight).scatter_add_(1, heir, weight)
