"""The real items of a batch, one after another: [N D] in place of [B L D] with padding."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from torch.autograd.function import once_differentiable


@dataclass(frozen=True)
class Packing:
    """Which places of a batch [B L] the N packed rows are, in the order of the batch.

    On a GPU, which would have to be waited for, and in what is compiled or exported, all places
    are packed, padding too: N is B L.
    """

    real: Bool[Tensor, "B L"]
    place: Int[Tensor, " N"] | None  # in the flattened batch; None: all places

    @staticmethod
    def of(real: Bool[Tensor, "B L"]) -> "Packing":
        if not real.is_cpu or torch.compiler.is_compiling():
            return Packing(real, None)
        place = real.flatten().nonzero()[:, 0]
        return Packing(real, None if len(place) == real.numel() else place)

    def pack(self, x: Shaped[Tensor, "B L ..."]) -> Shaped[Tensor, "N ..."]:
        rows = x.flatten(0, 1)
        return rows if self.place is None else Pack.apply(rows, self.place)

    def unpack(self, rows: Float[Tensor, "N ..."]) -> Float[Tensor, "B L ..."]:
        """The rows at their places, and 0 on padding."""
        if self.place is not None:
            whole = rows.new_zeros(self.real.numel(), *rows.shape[1:])
            rows = whole.index_copy(0, self.place, rows)
        return rows.unflatten(0, self.real.shape)


class Pack(torch.autograd.Function):
    """x[place] of places that differ: so that backward copies rows, and adds none."""

    @staticmethod
    def forward(
        ctx, x: Shaped[Tensor, "M ..."], place: Int[Tensor, " N"]
    ) -> Shaped[Tensor, "N ..."]:
        ctx.save_for_backward(place)
        ctx.rows = len(x)
        return x.index_select(0, place)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, "N ..."]) -> tuple[Float[Tensor, "M ..."], None]:
        (place,) = ctx.saved_tensors
        found = gradient.new_zeros(ctx.rows, *gradient.shape[1:])
        return found.index_copy_(0, place, gradient), None
