"""Exponentials and sums of them, by the functions that are fast on every processor.

On a CPU torch computes exp of float32 with Intel's MKL, which takes three times as long on a
processor of another maker. torch computes exp2 by itself, and it is equally fast everywhere.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

LOG2_E = math.log2(math.e)


def shifted_exp(
    x: Float[Tensor, "*n"], shift: Float[Tensor, "*m"], out: Float[Tensor, "*n"] | None = None
) -> Float[Tensor, "*n"]:
    """exp(x - shift), as 2^((x - shift) log_2 e); `shift` broadcasts, and `out` may be x.

    The difference is taken before it is scaled. If x and shift were scaled first, two equal masked
    scores (about -1e9) could differ by 128, and 2^128 is too large for float32.
    """
    return torch.sub(x, shift, out=out).mul_(LOG2_E).exp2_()


def log_sum_exp(x: Float[Tensor, "*n"], dim: int) -> Float[Tensor, "*m"]:
    """log sum exp x over dimension `dim`, which is removed.

    -inf where all of x is -inf. Backward computes no exponential a second time.
    """
    return x.logsumexp(dim) if torch.compiler.is_compiling() else LogSumExp.apply(x, dim)


class LogSumExp(torch.autograd.Function):
    """log sum exp x = top + log sum p with p = exp(x - top); its gradient is p / sum p."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "*n"], dim: int) -> Float[Tensor, "*m"]:
        top = x.amax(dim, keepdim=True)
        top.masked_fill_(top.isinf(), 0)  # inf - inf would be NaN
        p = shifted_exp(x, top)
        total = p.sum(dim, keepdim=True)
        ctx.save_for_backward(p, total)
        ctx.dim = dim
        return total.log().add_(top).squeeze(dim)

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "*m"]) -> tuple[Tensor, None]:
        p, total = ctx.saved_tensors
        return p * (grad.unsqueeze(ctx.dim) / total), None
