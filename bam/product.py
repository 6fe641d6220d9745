"""Matrix products, by the quicker library where no gradient is recorded.

torch hands float32 on a CPU to MKL, which takes twice as long where a processor is not Intel's, for
tanh four times. oneDNN has no such preference, and torch has it for its own use; it prepares each
new shape, so shapes should come again.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

ONEDNN = torch.ops.mkldnn._linear_pointwise if torch.backends.mkldnn.is_available() else None


def product(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """x y^T."""
    quick = _quick(x, y)
    return quick(x, y, None, "none", [], "") if quick else x @ y.T


def tanh_product(x: Float[Tensor, "*M D"], y: Float[Tensor, "N D"]) -> Float[Tensor, "*M N"]:
    """tanh(x y^T)."""
    quick = _quick(x, y)
    return quick(x, y, None, "tanh", [], "") if quick else (x @ y.T).tanh_()


def _quick(x: Tensor, y: Tensor) -> Any:
    """oneDNN's product, where it serves."""
    ordinary = torch.is_grad_enabled() or torch.is_autocast_enabled("cpu")
    float32 = x.is_cpu and x.dtype == y.dtype == torch.float32
    return ONEDNN if float32 and not ordinary else None
