"""Matrix products of float32 on a CPU, by the quicker library.

torch hands them to MKL, which takes twice as long where a processor is not Intel's, for tanh four
times. oneDNN has no such preference, and torch has it for its own use. It prepares each new shape,
so shapes should come again: what learns goes there by whole ROWS, see `round_up_rows`.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

ROWS = 32
ONEDNN: Any = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._linear_pointwise


def linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """x y^T."""
    return _by_onednn(x, y, "none") if _serves(x, y) else x @ y.T


def tanh_linear(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """tanh(x y^T)."""
    return _by_onednn(x, y, "tanh") if _serves(x, y) else (x @ y.T).tanh_()


def prepack(y: Float[Tensor, "N D"], rows: int) -> Tensor:
    """A copy of y for many products with about so many rows: else each lays y out anew.

    `linear` takes it as y where nothing learns. y itself where oneDNN has no part in the product.
    """
    return torch.ops.mkldnn._reorder_linear_weight(y, rows) if _serves(y, y) else y


def round_up_rows(n: int) -> int:
    """The next number of rows, from n, of a few: at most a sixteenth more, in whole ROWS."""
    step = max(ROWS, 2 ** (n.bit_length() - 5))
    return -(-n // step) * step


def _serves(x: Tensor, y: Tensor) -> bool:
    """Whether oneDNN is there, and is asked for what it does well."""
    if not ONEDNN or torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        return False
    if not (x.is_cpu and x.dtype == y.dtype == torch.float32):
        return False
    learns = torch.is_grad_enabled() and (x.requires_grad or y.requires_grad)
    rows = x.numel() // x.shape[-1]
    return not learns or rows % ROWS == 0 < rows


def _by_onednn(x: Tensor, y: Tensor, f: str) -> Tensor:
    rows = x.flatten(0, -2)
    z = Product.apply(rows, y, f) if torch.is_grad_enabled() else _onednn(rows, y, f)
    return z.view(*x.shape[:-1], len(y))


class Product(torch.autograd.Function):
    """f(x y^T) by oneDNN; f is "none" or "tanh"."""

    @staticmethod
    def forward(ctx, x: Float[Tensor, "M D"], y: Float[Tensor, "N D"], f: str) -> Tensor:
        z = _onednn(x, y, f)
        ctx.save_for_backward(x, y, *([z] if f == "tanh" else []))
        return z

    @staticmethod
    @once_differentiable
    def backward(ctx, of_z: Float[Tensor, "M N"]) -> tuple[Tensor | None, Tensor | None, None]:
        x, y, *tanh = ctx.saved_tensors
        of_z = torch.ops.aten.tanh_backward(of_z, *tanh) if tanh else of_z.contiguous()
        of_x, of_y = None, None
        if ctx.needs_input_grad[0]:
            of_x = _onednn(of_z, y.T)
        if ctx.needs_input_grad[1]:  # the narrower operand first: else it takes twice as long
            of_y = _onednn(of_z.T, x.T) if len(y) < x.shape[1] else _onednn(x.T, of_z.T).T
        return of_x, of_y, None


def _onednn(x: Tensor, y: Tensor, f: str = "none") -> Tensor:
    return ONEDNN(x, y, None, f, [], "")
