"""Exponential moving average of the weights (Kingma, Ba, Adam, ICLR 2015, section 7.2)."""

from copy import deepcopy
from typing import TypeVar

from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from bam.errors import require

Trained = TypeVar("Trained", bound=nn.Module)


class MovingAverage:
    """After step t, counted from 1: a <- d_t a + (1 - d_t) w, d_t = min(decay, (1 + t) / (10 + t)).

    The smaller d_t of the first steps forgets the initial weights. Here we differ from the paper,
    which begins at 0 and divides by 1 - decay^t.
    """

    def __init__(self, decay: float):
        require(0 <= decay < 1, "decay must be from 0 to below 1", decay)
        self.decay = decay

    def begin(self, step: Trained) -> Trained:
        """A copy that has its own trained weights; frozen weights and buffers are shared."""
        frozen = [weight for weight in step.parameters() if not weight.requires_grad]
        shared = {id(tensor): tensor for tensor in (*frozen, *step.buffers())}
        return deepcopy(step, shared).requires_grad_(False)

    def update(self, averaged: list[Tensor], current: list[Tensor], number: int) -> None:
        """Move the average towards the weights after step `number`."""
        decay = min(self.decay, (1 + number) / (10 + number))
        get_ema_multi_avg_fn(decay)(averaged, current, number)
