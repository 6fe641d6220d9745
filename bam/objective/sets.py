"""Targets of one history, which come one after another and have one place."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor


def set_numbers(place: Int[Tensor, " B"]) -> Int[Tensor, " B"]:
    """The number 0, 1, ... of each target's set: targets of one place are a set."""
    return _begins(place).cumsum(0) - 1


def seats(place: Int[Tensor, " B"], size: int) -> tuple[Int[Tensor, " B"], Int[Tensor, " B"]]:
    """Row and column of each target in a table of `size` columns; a row has targets of one set.

    A set of more than `size` targets has several rows. The table needs no more than B rows, so
    that no number is read back from the device.
    """
    begins, index = _begins(place), torch.arange(len(place), device=place.device)
    since = index - torch.where(begins, index, 0).cummax(0).values
    return (since % size == 0).cumsum(0) - 1, since % size


def _begins(place: Int[Tensor, " B"]) -> Bool[Tensor, " B"]:
    """Whether a target is the first of its set."""
    return torch.cat([place.new_ones(1), place.diff()]) != 0
