"""Cross-entropy over the whole catalogue, in chunks of items."""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from bam.mistake import require
from bam.records import Candidates
from bam.score import inner_products, joint_score


class FullSoftmax(nn.Module):
    """-log(exp s_target / sum_i exp s_i) over every item i, in nats; exact.

    With lse_k = log sum_i exp <m_k, e_i>, the sum of exp s_i is the sum over k of exp lse_k: no
    tensor of interests x items lives, but one chunk of chunk_items. Negatives are not looked at.
    """

    def __init__(self, chunk_items: int):
        super().__init__()
        require(chunk_items >= 1, "chunk_items must be at least 1", chunk_items)
        self.chunk_items = chunk_items

    def forward(
        self, vectors: Float[Tensor, "B G K E"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        positive = joint_score(inner_products(vectors, candidates.target[:, None]))[..., 0]
        flat, D = rearrange(vectors, "b g k e -> (b g k) e"), candidates.table.shape[1]
        each = log_sum_exp(flat[:, :D], candidates.table, self.chunk_items)
        if flat.shape[1] > D:
            each = each + flat[:, D]  # log g_k, which all scores of an interest have in them
        total = rearrange(each, "(b g k) -> b g k", b=vectors.shape[0], g=vectors.shape[1])
        return total.logsumexp(-1) - positive


@torch.compiler.disable  # its loop over chunks is its own; the rest of the step compiles
def log_sum_exp(
    x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int
) -> Float[Tensor, " M"]:
    """log sum_i exp <x_n, e_i> for each row x_n."""
    return LogSumExp.apply(x, items, chunk)


class LogSumExp(torch.autograd.Function):
    """log sum_i exp <x_n, e_i> for each row x_n, without keeping what stands inside.

    Forward runs a maximum and a sum over chunks of items; backward makes each chunk again, as
    p = exp(<x_n, e_i> - lse_n), and adds p e to the gradient of x and p^T x to that of e.
    """

    @staticmethod
    def forward(
        ctx, x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int
    ) -> Float[Tensor, " M"]:
        parts = [(x @ rows.T).float().logsumexp(1) for rows in items.split(chunk)]
        total = torch.stack(parts).logsumexp(0)
        ctx.save_for_backward(x, items, total)
        ctx.chunk = chunk
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, " M"]) -> tuple[Tensor, Tensor, None]:
        x, items, total = ctx.saved_tensors
        of_x, of_items = torch.zeros_like(x), torch.empty_like(items)
        scaled = gradient[:, None] * x
        for rows, found in zip(items.split(ctx.chunk), of_items.split(ctx.chunk), strict=True):
            p = torch.addmm(-total[:, None], x, rows.T).exp_()
            of_x.addmm_(p, rows)
            torch.mm(p.T, scaled, out=found)
        return of_x * gradient[:, None], of_items, None
