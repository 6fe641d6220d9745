"""Matrix products of float32 on a CPU, by what is faster there.

On a CPU torch multiplies with Intel's MKL, which takes twice as long on a processor of another
maker, and four times as long for tanh. Where gradients are needed, kernels/matmul.c multiplies: it
prepares nothing for a new shape, and reads transposed operands as they are. Elsewhere, and where
there is no C compiler, oneDNN does, which torch includes. oneDNN prepares a kernel for each new
shape, so the same shapes should return: where gradients are needed, only whole multiples of ROWS go
to oneDNN (see `round_up_rows`).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from bam.nn.compiled import call, compiled, round_up, suits, trains

c = partial(compiled, "matmul")
ROWS = 32
PANEL = 32  # a multiple of the columns that the kernel takes at a time
Product = Callable[[Tensor, Tensor, str], Tensor]  # f(x y^T) of two matrices
ONEDNN: Any = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._linear_pointwise


def linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """x y^T, as torch.nn.functional.linear(x, y)."""
    product = _quickest(x, y)
    return _of_rows(product, x, y, "none") if product else x @ y.T


def tanh_linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """tanh(x y^T)."""
    product = _quickest(x, y)
    return _of_rows(product, x, y, "tanh") if product else (x @ y.T).tanh_()


def affine(
    x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"], bias: Float[Tensor, " N"]
) -> Float[Tensor, "*M N"]:
    """x y^T + bias, as torch.nn.functional.linear(x, y, bias)."""
    if not (suits(x, y) and c()):
        return torch.nn.functional.linear(x, y, bias)
    return _of_rows(Linear.apply, x, y, "none").add_(bias)


def prepack(y: Float[Tensor, "N D"], rows: int) -> Tensor:
    """A copy of y in the memory layout that oneDNN multiplies by, for x of about `rows` rows.

    `linear(x, prepack(y, rows))` equals `linear(x, y)`, and saves that each call converts y again.
    It serves where no gradient is needed. y itself where `linear` does not use oneDNN.
    """
    return torch.ops.mkldnn._reorder_linear_weight(y, rows) if _quickest(y, y) is _onednn else y


def round_up_rows(n: int) -> int:
    """The smallest of a few allowed numbers of rows that is at least n.

    All are multiples of ROWS, and from 512 on at most a sixteenth more than n.
    """
    step = max(ROWS, 2 ** (n.bit_length() - 5))
    return round_up(n, step)


def _quickest(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Product | None:
    """What multiplies these operands most quickly; None: torch."""
    if torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        return None
    if not (x.is_cpu and x.dtype == y.dtype == torch.float32):
        return None
    if not trains(x, y):
        return _onednn if ONEDNN else None
    rows = x.numel() // x.shape[-1]
    return Linear.apply if c() or (ONEDNN and rows % ROWS == 0 < rows) else None


def _of_rows(
    product: Product, x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"], f: str
) -> Float[Tensor, "*M N"]:
    """A product of matrices, of all rows of x."""
    return product(x.flatten(0, -2), y, f).view(*x.shape[:-1], len(y))


class Linear(torch.autograd.Function):
    """f(x y^T); f is "none" or "tanh"."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "M D"], y: Float[Tensor, "N D"], f: str) -> Tensor:
        z = _product(x, y, f)
        ctx.save_for_backward(x, y, *([z] if f == "tanh" else []))
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "M N"]) -> tuple[Tensor | None, Tensor | None, None]:
        x, y, *tanh = ctx.saved_tensors
        grad = torch.ops.aten.tanh_backward(grad, *tanh) if tanh else grad.contiguous()
        grad_x, grad_y = None, None
        if ctx.needs_input_grad[0]:
            grad_x = _product(grad, y.T)
        if ctx.needs_input_grad[1]:
            grad_y = _product(grad.T, x.T)
        return grad_x, grad_y, None


def _product(x: Float[Tensor, "M D"], y: Float[Tensor, "N D"], f: str = "none") -> Tensor:
    """f(x y^T), for operands of any strides."""
    if not c():
        # oneDNN takes half as long with the narrower operand first
        narrow_first = x.is_contiguous() or len(x) < len(y)
        return _onednn(x, y, f) if narrow_first else _onednn(y, x, f).T
    (M, D), N = x.shape, len(y)
    packed, z = x.new_empty(round_up(N, PANEL), D), x.new_empty(M, N)
    left, right = (x.data_ptr(), *x.stride()), (y.data_ptr(), y.stride(1), y.stride(0))
    call(c().multiply, M, N, D, *left, *right, packed, z, int(f == "tanh"))
    return z


def _onednn(x: Tensor, y: Tensor, f: str = "none") -> Tensor:
    return ONEDNN(x, y, None, f, [], "")
