"""Lazy Adam: item rows that are not in the batch do not move."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from bam.system.huge_pages import zeros


class LazyAdam(torch.optim.Optimizer):
    """Adam, in which a row and its moments move only at steps whose gradient has that row.

    For parameters with sparse gradients the cost of a step grows with the rows of the batch and not
    with the catalogue; other parameters follow Adam. The only difference from Adam: the moments of
    a row that is not in the batch do not decay. (torch's SparseAdam is no other choice: it refuses
    dense gradients, and adds epsilon before the bias is corrected.)
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, group["lr"])

    def _move(self, parameter: Tensor, lr: float) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = 0
            for moment in ("mean", "square"):
                state[moment] = zeros(*parameter.shape).to(parameter)
        state["step"] += 1
        gradient = parameter.grad
        assert gradient is not None
        if gradient.is_sparse:
            gradient = gradient.coalesce()
            row, gradient = gradient.indices()[0], gradient.values()
        else:
            row = torch.arange(len(parameter), device=parameter.device)
        mean = state["mean"][row].lerp_(gradient, 1 - MEAN_DECAY)
        square = state["square"][row].lerp_(gradient.square(), 1 - SQUARE_DECAY)
        state["mean"][row], state["square"][row] = mean, square
        size = lr / (1 - MEAN_DECAY ** state["step"])
        spread = (square / (1 - SQUARE_DECAY ** state["step"])).sqrt_().add_(EPSILON)
        parameter.index_add_(0, row, mean / spread, alpha=-size)


MEAN_DECAY, SQUARE_DECAY, EPSILON = 0.9, 0.999, 1e-8  # as in Adam (Kingma, Ba, ICLR 2015)
