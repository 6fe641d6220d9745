"""Cross-entropy over the whole catalogue, in chunks of items."""

from collections.abc import Iterable

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.utils.checkpoint import checkpoint

from bam.mistake import require
from bam.records import Candidates
from bam.score import inner_products, joint_score, label_smoothed


class FullSoftmax(nn.Module):
    """-log(exp s_target / sum_i exp s_i) over every item i, in nats; exact.

    With lse_k = log sum_i exp <m_k, e_i>, the sum of exp s_i is the sum over k of exp lse_k: no
    tensor of interests x items lives, but one chunk of chunk_items. Negatives are not looked at.
    With label_smoothing the labels are 1 - label_smoothing for the target, and the rest in equal
    parts for all items, the target among them; where several interests answer together, this makes
    the scores of all items twice more.
    """

    def __init__(self, label_smoothing: float, chunk_items: int):
        super().__init__()
        rule = "label_smoothing must be at least 0 and below 1"
        require(0 <= label_smoothing < 1, rule, label_smoothing)
        require(chunk_items >= 1, "chunk_items must be at least 1", chunk_items)
        self.label_smoothing, self.chunk_items = label_smoothing, chunk_items

    def forward(
        self, vectors: Float[Tensor, "B G K E"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        positive = joint_score(inner_products(vectors, candidates.target[:, None]))[..., 0]
        table = candidates.table()
        flat, D = rearrange(vectors, "b g k e -> (b g k) e"), table.shape[1]
        each = log_sum_exp(flat[:, :D], table, self.chunk_items)
        if flat.shape[1] > D:
            each = each + flat[:, D]  # log g_k, which all scores of an interest have in them
        total = rearrange(each, "(b g k) -> b g k", b=vectors.shape[0], g=vectors.shape[1])
        nll = total.logsumexp(-1) - positive
        if self.label_smoothing == 0:
            return nll
        mean = mean_score(vectors, table, self.chunk_items)
        return label_smoothed(nll, positive, mean, self.label_smoothing)


@torch.compiler.disable
def mean_score(
    vectors: Float[Tensor, "B G K E"], items: Float[Tensor, "V D"], chunk: int
) -> Float[Tensor, "B G"]:
    """Mean of s_i over the items; of one interest <m, mean_i e_i>, else chunk by chunk.

    Backward makes the scores of each chunk again instead of keeping them.
    """
    if vectors.shape[2] == 1:
        return inner_products(vectors, items.mean(0)[None, None])[:, :, 0, 0]
    sums = [
        checkpoint(sum_of_scores, vectors, rows, use_reentrant=False, preserve_rng_state=False)
        for rows in items.split(chunk)
    ]
    return torch.stack(sums).sum(0) / len(items)


def sum_of_scores(
    vectors: Float[Tensor, "B G K E"], items: Float[Tensor, "V D"]
) -> Float[Tensor, "B G"]:
    """Sum of s_i = logsumexp_k <m_k, e_i> over the items."""
    return joint_score(inner_products(vectors, items[None])).sum(-1)


@torch.compiler.disable  # its loop over chunks is its own; the rest of the step compiles
def log_sum_exp(
    x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int
) -> Float[Tensor, " M"]:
    """log sum_i exp <x_n, e_i> for each row x_n."""
    return LogSumExp.apply(x, items, chunk)


class LogSumExp(torch.autograd.Function):
    """log sum_i exp <x_n, e_i> for each row x_n, without keeping what stands inside.

    Forward runs a maximum and a sum over tiles of rows and items that stay in a CPU's cache;
    backward makes each tile again, as p = exp(<x_n, e_i> - lse_n), and adds p e to the gradient of
    x and p^T x to that of e.
    """

    @staticmethod
    def forward(
        ctx, x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int
    ) -> Float[Tensor, " M"]:
        total = torch.cat([_log_sum_exp(rows, items.split(chunk)) for rows in x.split(ROWS)])
        ctx.save_for_backward(x, items, total)
        ctx.chunk = chunk
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Float[Tensor, " M"]) -> tuple[Tensor, Tensor, None]:
        x, items, total = ctx.saved_tensors
        of_x, of_items = torch.zeros_like(x), torch.zeros_like(items)
        chunks = list(zip(items.split(ctx.chunk), of_items.split(ctx.chunk), strict=True))
        by_rows = (t.split(ROWS) for t in (x, gradient[:, None] * x, total[:, None], of_x))
        for rows, raised, lse, of_rows in zip(*by_rows, strict=True):
            for some, of_some in chunks:
                p = torch.addmm(lse, rows, some.T, beta=-1).exp_()
                of_rows.addmm_(p, some)
                of_some.addmm_(p.T, raised)
        return of_x * gradient[:, None], of_items, None


ROWS = 1024  # of a tile


def _log_sum_exp(x: Float[Tensor, "m D"], chunks: Iterable[Tensor]) -> Tensor:
    found = []
    for items in chunks:
        scores = (x @ items.T).float()
        top = scores.amax(1)
        found.append(scores.sub_(top[:, None]).exp_().sum(1).log_().add_(top))
    return torch.stack(found).logsumexp(0)
