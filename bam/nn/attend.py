"""ComiRec-SA's attention as one function: energies of items, their softmax, and the means.

In C it is computed for real items alone, in blocks that stay in a cache.
"""

from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from bam.nn.compiled import call, compiled, round_up, suits, trains
from bam.nn.matmul import linear, tanh_linear
from bam.nn.unpad import apply_unpadded

c = partial(compiled, "attend")
BLOCK = 96  # a multiple of the rows and columns that the kernel takes at a time


def energies(
    items: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
    position: Float[Tensor, "L D"],
    w1: Float[Tensor, "H D"],
    w2: Float[Tensor, "K H"],
    padding: float,
) -> Float[Tensor, "B L K"]:
    """w2 tanh(w1 (item + position)) of real items, and `padding` elsewhere."""
    if suits(items, position, w1, w2) and c():
        keep = trains(items, position, w1, w2)
        return Energies.apply(items, real, position, w1, w2, padding, keep)

    def energy(placed: Tensor) -> Tensor:
        return linear(tanh_linear(placed, w1), w2)

    return apply_unpadded(energy, items + position, real, padding)


def attend(
    items: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
    position: Float[Tensor, "L D"],
    w1: Float[Tensor, "H D"],
    w2: Float[Tensor, "K H"],
) -> tuple[Float[Tensor, "B K D"], Float[Tensor, "B K L"]]:
    """Means of the items of a history, weighted by the softmax of energies; these weights."""
    if suits(items, position, w1, w2) and c():
        return Attend.apply(items, real, position, w1, w2, trains(items, position, w1, w2))
    energy = energies(items, real, position, w1, w2, -torch.inf)
    share = energy.softmax(1, dtype=items.dtype).transpose(1, 2)
    return share @ items, share


class Energies(torch.autograd.Function):
    """`energies` in C."""

    @staticmethod
    def forward(ctx, items, real, position, w1, w2, padding: float, keep: bool) -> Tensor:
        found, kept = _energies(items, real, position, w1, w2, padding, keep)
        ctx.save_for_backward(items, position, w1, w2, *kept)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        items, position, w1, w2, place, tanhs = ctx.saved_tensors
        of_items = torch.zeros_like(items)
        kept = (items, place, position, w1, w2, tanhs)
        of_position, of_w1, of_w2 = _energies_backward(*kept, gradient.contiguous(), of_items)
        return of_items, None, of_position, of_w1, of_w2, None, None


class Attend(torch.autograd.Function):
    """`attend` in C."""

    @staticmethod
    def forward(ctx, items, real, position, w1, w2, keep: bool) -> tuple[Tensor, Tensor]:
        energy, kept = _energies(items, real, position, w1, w2, 0.0, keep)
        (B, L, D), K = items.shape, len(w2)
        share, mean = items.new_empty(B, K, L), items.new_empty(B, K, D)
        real = real.contiguous()
        call(c().pool, B, L, K, D, energy, real, items, share, mean)
        ctx.save_for_backward(items, real, position, w1, w2, share, *kept)
        ctx.set_materialize_grads(False)
        return mean, share

    @staticmethod
    @once_differentiable
    def backward(ctx, of_mean: Tensor | None, of_share: Tensor | None) -> tuple[Tensor | None, ...]:
        items, real, position, w1, w2, share, place, tanhs = ctx.saved_tensors
        (B, L, D), K = items.shape, len(w2)
        of_mean = items.new_zeros(B, K, D) if of_mean is None else of_mean.contiguous()
        of_share = None if of_share is None else of_share.contiguous()
        of_energy, of_items = items.new_empty(B, L, K), torch.empty_like(items)
        gradients = (of_share, of_mean, of_energy, of_items)
        call(c().pool_backward, B, L, K, D, share, real, items, *gradients)
        kept = (items, place, position, w1, w2, tanhs)
        of_position, of_w1, of_w2 = _energies_backward(*kept, of_energy, of_items)
        return of_items, None, of_position, of_w1, of_w2, None


def _energies(
    items: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
    position: Float[Tensor, "L D"],
    w1: Float[Tensor, "H D"],
    w2: Float[Tensor, "K H"],
    padding: float,
    keep: bool,
) -> tuple[Float[Tensor, "B L K"], tuple[Tensor, Tensor | None]]:
    """The energies; and for backward the places of real items and, if kept, their hidden layer."""
    (B, L, D), (K, H) = items.shape, w2.shape
    place = real.flatten().nonzero()[:, 0]
    tanhs = items.new_empty(round_up(len(place), BLOCK), round_up(H, BLOCK)) if keep else None
    found = items.new_full((B, L, K), padding)
    weights = (position, w1, w2)
    call(c().energies, len(place), D, H, K, L, items, place, *weights, tanhs, found)
    return found, (place, tanhs)


def _energies_backward(
    items: Float[Tensor, "B L D"],
    place: Int[Tensor, " N"],
    position: Float[Tensor, "L D"],
    w1: Float[Tensor, "H D"],
    w2: Float[Tensor, "K H"],
    tanhs: Float[Tensor, "N1 H1"],
    of_energy: Float[Tensor, "B L K"],
    of_items: Float[Tensor, "B L D"],
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of position, w1 and w2; that of the items is added to `of_items`."""
    (_, L, D), (K, H) = items.shape, w2.shape
    gradients = [torch.empty_like(weight) for weight in (position, w1, w2)]
    inputs = (items, place, position, w1, w2, tanhs, of_energy)
    call(c().energies_backward, len(place), D, H, K, L, *inputs, of_items, *gradients)
    return gradients[0], gradients[1], gradients[2]
