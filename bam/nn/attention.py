"""Attention of each place to itself and to those before it."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


def attend(
    projected: Float[Tensor, "B L E"], heads: int, mask: Float[Tensor, "#B H L L"] | None
) -> Float[Tensor, "B L D"]:
    """softmax(q k^T / sqrt(D / heads) + mask) v of each head, from q, k and v side by side.

    E is 3 D. No mask is the causal one, by the quickest kernel.
    """
    q, k, v = rearrange(projected, "b l (n h d) -> n b h l d", n=3, h=heads)
    if mask is None:
        attended = scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        attended = scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
    return rearrange(attended, "b h l d -> b l (h d)")


def mask_later(bias: Float[Tensor, "#B H L L"]) -> Float[Tensor, "#B H L L"]:
    """The bias as a mask: -inf where a key comes after the query."""
    length = bias.shape[2]
    later = torch.ones(length, length, dtype=torch.bool, device=bias.device).triu(1)
    return bias.masked_fill(later, -torch.inf)
