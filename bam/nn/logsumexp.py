"""Exponentials and their sums, by what is quick on every processor.

torch hands exp of float32 to MKL on a CPU, which takes three times as long where that is not
Intel's; exp2 is torch's own.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

LOG2_E = math.log2(math.e)


def shifted_exp(
    x: Float[Tensor, "*n"], top: Float[Tensor, "*m"], out: Float[Tensor, "*n"] | None = None
) -> Float[Tensor, "*n"]:
    """exp(x - top), as 2^((x - top) log_2 e); `out` may be x.

    The difference comes first: scaled one by one, two masked scores that are equal would differ by
    up to 128, and 2^128 is no float32.
    """
    return torch.sub(x, top, out=out).mul_(LOG2_E).exp2_()


def log_sum_exp(x: Float[Tensor, "*n"], dim: int) -> Float[Tensor, "*m"]:
    """log sum exp x along a dimension, which goes; backward needs no exponential again."""
    return x.logsumexp(dim) if torch.compiler.is_compiling() else LogSumExp.apply(x, dim)


class LogSumExp(torch.autograd.Function):
    """log sum exp x = top + log sum p, p = exp(x - top); its gradient is p / sum p."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "*n"], dim: int) -> Float[Tensor, "*m"]:
        top = x.amax(dim, keepdim=True)
        top.masked_fill_(top.isinf(), 0)  # a sum of nothing is log 0, not NaN
        p = shifted_exp(x, top)
        total = p.sum(dim, keepdim=True)
        ctx.save_for_backward(p, total)
        ctx.dim = dim
        return total.log().add_(top).squeeze(dim)

    @staticmethod
    @once_differentiable
    def backward(ctx, of_lse: Float[Tensor, "*m"]) -> tuple[Tensor, None]:
        p, total = ctx.saved_tensors
        return p * (of_lse.unsqueeze(ctx.dim) / total), None
