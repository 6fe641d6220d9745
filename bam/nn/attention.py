"""Attention of each item of a history to itself and to those before it."""

from functools import partial

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad, scaled_dot_product_attention

from bam.nn.compiled import call, compiled, suits
from bam.nn.packing import Packing

c = partial(compiled, "causal_attention")


def attend(
    projected: Float[Tensor, "N E"],
    heads: int,
    packing: Packing,
    mask: Float[Tensor, "#B H L L"] | None,
) -> Float[Tensor, "N D"]:
    """softmax(q k^T / sqrt(D / heads) + mask) v of each head, from q, k and v side by side.

    E is 3 D. No mask is the causal one, by the quickest kernel. Padding comes last, so that no
    item sees it.
    """
    if mask is None and suits(projected) and c():
        start = pad(packing.real.sum(1).cumsum(0), (1, 0))  # of each history's rows
        return Attend.apply(projected, heads, start, packing.real.shape[1])
    q, k, v = rearrange(packing.unpack(projected), "b l (n h d) -> n b h l d", n=3, h=heads)
    if mask is None:
        attended = scaled_dot_product_attention(q, k, v, is_causal=True)
    else:
        attended = scaled_dot_product_attention(q, k, v, attn_mask=mask.to(q.dtype))
    return packing.pack(rearrange(attended, "b h l d -> b l (h d)"))


def mask_later(bias: Float[Tensor, "#B H L L"]) -> Float[Tensor, "#B H L L"]:
    """The bias as a mask: -inf where a key comes after the query."""
    length = bias.shape[2]
    later = torch.ones(length, length, dtype=torch.bool, device=bias.device).triu(1)
    return bias.masked_fill(later, -torch.inf)


class Attend(torch.autograd.Function):
    """`attend` without a mask in C, which reads and computes real items alone.

    Backward makes the weights again: they take one of its five products.
    """

    @staticmethod
    def forward(
        ctx, projected: Float[Tensor, "N E"], heads: int, start: Int[Tensor, " B1"], longest: int
    ) -> Float[Tensor, "N D"]:
        ctx.save_for_backward(projected, start)
        ctx.sizes = (len(start) - 1, longest, projected.shape[1] // 3, heads)
        attended = projected.new_empty(len(projected), projected.shape[1] // 3)
        call(c().attend, *ctx.sizes, start, projected, attended)
        return attended

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, "N D"]) -> tuple[Tensor, None, None, None]:
        projected, start = ctx.saved_tensors
        found = torch.empty_like(projected)
        call(c().attend_backward, *ctx.sizes, start, projected, gradient.contiguous(), found)
        return found, None, None, None
