"""log sum_i exp <x_n, e_i> over many items i, whose scores are never all in a CPU's cache.

Forward may keep the scores for backward, or backward makes them again. In C they are made for a
few items and rows at a time, so that three products take little longer than a processor needs for
their arithmetic.
"""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad

from bam.nn.compiled import call, compiled, round_up, suits, trains
from bam.nn.logsumexp import log_sum_exp, shifted_exp
from bam.nn.matmul import ROWS, linear

c = partial(compiled, "log_sums")
HIGH = 256  # rows of a tile in torch
PARTS = 16  # of the items, in C: in which sums over items are made
TILE, PANEL = 12, 32  # in C: multiples of a tile's items and of its rows, on any processor


@torch.compiler.disable  # the loop over tiles stays as it is; the rest of the step compiles
def log_sums(
    x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int, memory_mb: int
) -> Float[Tensor, " M"]:
    """log sum_i exp <x_n, e_i> of each row.

    The scores are kept for backward where they take at most `memory_mb`. torch makes those of
    `chunk` items at once. Vectors that autocast has summed are in bfloat16, items are not.
    """
    dtype = torch.promote_types(x.dtype, items.dtype)
    x, items = x.to(dtype), items.to(dtype)
    if not len(x):
        return (x @ items.T).sum(1)
    keep = trains(x, items) and 4 * len(x) * len(items) <= memory_mb * 2**20
    if suits(x, items) and c():
        columns = (0, -x.shape[1] % PANEL)
        return CompiledLogSums.apply(pad(x, columns), pad(items, columns), keep)
    rows = (0, 0, 0, -len(x) % ROWS)  # few shapes
    return LogSums.apply(pad(x, rows), items, chunk, keep)[: len(x)]


class CompiledLogSums(torch.autograd.Function):
    """`log_sums` in C, of a D that is a multiple of PANEL.

    Sums over items are made in parts of them, so that they do not depend on the number of threads.
    Scores are kept in a tensor for each part: glibc would map and clear one of all anew each time.
    """

    @staticmethod
    def forward(
        ctx, x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], keep: bool
    ) -> Float[Tensor, " M"]:
        part = _part(items)
        size = (part, round_up(len(x), PANEL))
        kept = [x.new_empty(size) for _ in range(0, len(items), part)] if keep else []
        lse = x.new_empty(len(x))
        _call(c().log_sums, x, items, lse, kept)
        ctx.save_for_backward(x, items, lse, *kept)
        return lse

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, " M"]) -> tuple[Tensor, Tensor, None]:
        x, items, lse, *kept = ctx.saved_tensors
        found = torch.empty_like(x), torch.empty_like(items)
        _call(c().log_sums_backward, x, items, lse, kept, gradient.contiguous(), *found)
        return *found, None


def _part(items: Float[Tensor, "V D"]) -> int:
    """Items of a part: whole tiles, so that a tile is in one part."""
    return round_up(len(items), PARTS * TILE) // PARTS


def _call(
    function: Callable[..., object],
    x: Float[Tensor, "M D"],
    items: Float[Tensor, "V D"],
    lse: Float[Tensor, " M"],
    kept: list[Tensor],
    *others: Tensor,
) -> None:
    """Call a function of log_sums.c."""
    addresses = torch.tensor([scores.data_ptr() for scores in kept]) if kept else None
    sizes = (len(x), len(items), _part(items), x.shape[1])
    call(function, *sizes, x, items, lse, addresses, *others)


class LogSums(torch.autograd.Function):
    """`log_sums` over tiles that stay in a CPU's cache.

    A tile is p = exp(<x_n, e_i> - top_n) of some rows and items. Backward adds w p e to the
    gradient of x and p^T w x to that of e, w = exp(top - lse) times the gradient of lse; it finds
    the tiles kept, or makes each again.
    """

    @staticmethod
    def forward(
        ctx, x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int, keep: bool
    ) -> Float[Tensor, " M"]:
        total, kept = [], []
        for rows in x.split(HIGH):
            found = []
            for some in items.split(chunk):
                p, top = _tile(rows, some)
                found.append(p.sum(1, keepdim=True).log_().add_(top))
                if keep:
                    kept += [p, top]
            total.append(log_sum_exp(torch.cat(found, 1), 1))
        lse = torch.cat(total)
        ctx.save_for_backward(x, items, lse, *kept)
        ctx.chunk = chunk
        return lse

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, " M"]) -> tuple[Tensor, Tensor, None, None]:
        x, items, lse, *kept = ctx.saved_tensors
        tiles = zip(kept[::2], kept[1::2], strict=True)
        of_x, of_items = torch.zeros_like(x), items.new_zeros(items.T.shape)
        chunks = list(zip(items.split(ctx.chunk), of_items.split(ctx.chunk, 1), strict=True))
        by_rows = (t.split(HIGH) for t in (x, gradient[:, None], lse[:, None], of_x))
        for rows, of_lse, total, of_rows in zip(*by_rows, strict=True):
            for some, of_some in chunks:
                p, top = next(tiles) if kept else _tile(rows, some)
                weight = shifted_exp(top, total).mul_(of_lse)
                of_rows.addcmul_(linear(p, some.T), weight)
                of_some.add_(linear((weight * rows).T, p.T))
        return of_x, of_items.T, None, None


def _tile(rows: Float[Tensor, "m D"], items: Float[Tensor, "v D"]) -> tuple[Tensor, Tensor]:
    """exp(<x_n, e_i> - top_n), and each row's highest score top_n."""
    scores = linear(rows, items).float()
    top = scores.amax(1, keepdim=True)
    return shifted_exp(scores, top, out=scores), top
