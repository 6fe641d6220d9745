"""Layer normalisation (Ba et al., 2016) that rounds alike with every number of threads."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import layer_norm

EPSILON = 1e-5


class LayerNorm(nn.Module):
    """(x - mean) / sqrt(variance + 1e-5) * weight + bias, over the last dimension.

    torch adds up the gradients of weight and bias in one part a thread, so that their last digits
    depend on the number of threads. On a CPU they are here sums over all rows at once.
    """

    def __init__(self, dim: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x: Float[Tensor, "*n D"]) -> Float[Tensor, "*n D"]:
        if not x.is_cpu or torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
            return layer_norm(x, self.weight.shape, self.weight, self.bias, EPSILON)
        return Normalise.apply(x, self.weight, self.bias)


class Normalise(torch.autograd.Function):
    """`LayerNorm` on a CPU."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "*n D"], weight: Tensor, bias: Tensor) -> Tensor:
        normed, mean, rstd = torch.native_layer_norm(x, weight.shape, weight, bias, EPSILON)
        ctx.save_for_backward(x, weight, mean, rstd)
        return normed

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "*n D"]) -> tuple[Tensor, Tensor, Tensor]:
        x, weight, mean, rstd = ctx.saved_tensors
        grad_x, _, _ = torch.ops.aten.native_layer_norm_backward(
            grad, x, weight.shape, mean, rstd, weight, None, [True, False, False]
        )
        rows = tuple(range(x.dim() - 1))
        grad_weight = (x - mean).mul_(rstd).mul_(grad).sum(rows)
        return grad_x, grad_weight, grad.sum(rows)
