"""Matrix products of float32 on a CPU, by the faster library.

On a CPU torch multiplies with Intel's MKL, which takes twice as long on a processor of another
maker, and four times as long for tanh. oneDNN is equally fast on all of them, and torch includes
it. oneDNN prepares a kernel for each new shape, so the same shapes should return: where gradients
are needed, only whole multiples of ROWS go to oneDNN (see `round_up_rows`).
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

ROWS = 32
ONEDNN: Any = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._linear_pointwise


def linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """x y^T, as torch.nn.functional.linear(x, y)."""
    return _linear(x, y, "none") if _suits_onednn(x, y) else x @ y.T


def tanh_linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """tanh(x y^T)."""
    return _linear(x, y, "tanh") if _suits_onednn(x, y) else (x @ y.T).tanh_()


def prepack(y: Float[Tensor, "N D"], rows: int) -> Tensor:
    """A copy of y in the memory layout that oneDNN multiplies by, for x of about `rows` rows.

    `linear(x, prepack(y, rows))` equals `linear(x, y)`, and saves that each call converts y again.
    It serves where no gradient is needed. y itself where `linear` does not use oneDNN.
    """
    return torch.ops.mkldnn._reorder_linear_weight(y, rows) if _suits_onednn(y, y) else y


def round_up_rows(n: int) -> int:
    """The smallest of a few allowed numbers of rows that is at least n.

    All are multiples of ROWS, and from 512 on at most a sixteenth more than n.
    """
    step = max(ROWS, 2 ** (n.bit_length() - 5))
    return -(-n // step) * step


def _suits_onednn(x: Tensor, y: Tensor) -> bool:
    """Whether oneDNN is available, and faster for these operands."""
    if not ONEDNN or torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        return False
    if not (x.is_cpu and x.dtype == y.dtype == torch.float32):
        return False
    needs_gradient = torch.is_grad_enabled() and (x.requires_grad or y.requires_grad)
    rows = x.numel() // x.shape[-1]
    return not needs_gradient or rows % ROWS == 0 < rows


def _linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"], f: str) -> Float[Tensor, "*M N"]:
    rows = x.flatten(0, -2)
    z = Linear.apply(rows, y, f) if torch.is_grad_enabled() else _onednn(rows, y, f)
    return z.view(*x.shape[:-1], len(y))


class Linear(torch.autograd.Function):
    """f(x y^T) by oneDNN; f is "none" or "tanh"."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "M D"], y: Float[Tensor, "N D"], f: str) -> Tensor:
        z = _onednn(x, y, f)
        ctx.save_for_backward(x, y, *([z] if f == "tanh" else []))
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Float[Tensor, "M N"]) -> tuple[Tensor | None, Tensor | None, None]:
        x, y, *tanh = ctx.saved_tensors
        grad = torch.ops.aten.tanh_backward(grad, *tanh) if tanh else grad.contiguous()
        grad_x, grad_y = None, None
        if ctx.needs_input_grad[0]:
            grad_x = _onednn(grad, y.T)
        if ctx.needs_input_grad[1]:  # the narrower operand first: else it takes twice as long
            y_is_narrower = len(y) < x.shape[1]
            grad_y = _onednn(grad.T, x.T) if y_is_narrower else _onednn(x.T, grad.T).T
        return grad_x, grad_y, None


def _onednn(x: Tensor, y: Tensor, f: str = "none") -> Tensor:
    return ONEDNN(x, y, None, f, [], "")
