"""Cross-entropy over the whole catalogue, in chunks of items."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad
from torch.utils.checkpoint import checkpoint

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp, shifted_exp
from bam.nn.matmul import ROWS, linear
from bam.objective.candidates import grouped, inner_products, joint_score, label_smoothed, of_target
from bam.records import Candidates


class FullSoftmax(nn.Module):
    """-log(exp s_target / sum_i exp s_i) over every item i, in nats; exact.

    With lse_k = log sum_i exp <m_k, e_i>, the sum of exp s_i is the sum over k of exp lse_k: no
    tensor of interests x items lives, but one chunk of chunk_items, unless it takes at most
    memory_mb. Negatives are not looked at.
    With label_smoothing the labels are 1 - label_smoothing for the target, and the rest in equal
    parts for all items, the target among them; where several interests answer together, this makes
    the scores of all items twice more.
    """

    def __init__(self, label_smoothing: float, chunk_items: int, memory_mb: int):
        super().__init__()
        rule = "label_smoothing must be at least 0 and below 1"
        require(0 <= label_smoothing < 1, rule, label_smoothing)
        require(chunk_items >= 1, "chunk_items must be at least 1", chunk_items)
        require(memory_mb >= 0, "memory_mb must be at least 0", memory_mb)
        self.label_smoothing = label_smoothing
        self.chunk_items, self.memory_mb = chunk_items, memory_mb

    def forward(
        self, vectors: Float[Tensor, "B K E"], group: Int[Tensor, "B G M"], candidates: Candidates
    ) -> Float[Tensor, "B G"]:
        answering, table = grouped(vectors, group), candidates.table()
        positive = of_target(answering, candidates)
        each, D = self._log_sums(vectors, group, candidates), table.shape[1]
        if vectors.shape[2] > D:
            each = each + answering[..., D]  # log g_k, which all scores of an interest have in them
        nll = log_sum_exp(each, -1) - positive
        if self.label_smoothing == 0:
            return nll
        mean = mean_score(answering, table, self.chunk_items)
        return label_smoothed(nll, positive, mean, self.label_smoothing)

    def _log_sums(
        self, vectors: Float[Tensor, "B K E"], group: Int[Tensor, "B G M"], candidates: Candidates
    ) -> Float[Tensor, "B G M"]:
        """lse_k of those that answer; where all do, it is kept for a loss that asks after."""
        interest, known, table = group.flatten(1), candidates.log_sums, candidates.table()
        vectors, size = vectors[..., : table.shape[1]], (self.chunk_items, self.memory_mb)
        if not known and interest.shape[1] < vectors.shape[1]:
            return log_sums(grouped(vectors, group).flatten(0, 2), table, *size).view(group.shape)
        if not known:
            every = log_sums(vectors.flatten(0, 1), table, *size)
            known.append(every.view(vectors.shape[:2]))
        return known[0].gather(1, interest).view(group.shape)


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


@torch.compiler.disable  # its loop over tiles is its own; the rest of the step compiles
def log_sums(
    x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int, memory_mb: int
) -> Float[Tensor, " M"]:
    """log sum_i exp <x_n, e_i> for each row x_n."""
    whole = pad(x, (0, 0, 0, -len(x) % ROWS))  # few shapes
    return LogSums.apply(whole, items, chunk, memory_mb)[: len(x)]


class LogSums(torch.autograd.Function):
    """log sum_i exp <x_n, e_i> for each row x_n, over tiles that stay in a CPU's cache.

    A tile is p = exp(<x_n, e_i> - top_n) of some rows and items. Backward adds w p e to the
    gradient of x and p^T w x to that of e, w = exp(top - lse) times the gradient of lse; it finds
    the tiles kept where all of them take at most `memory_mb`, and else makes each again.
    """

    @staticmethod
    def forward(
        ctx, x: Float[Tensor, "M D"], items: Float[Tensor, "V D"], chunk: int, memory_mb: int
    ) -> Float[Tensor, " M"]:
        keep = 4 * len(x) * len(items) <= memory_mb * 2**20
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


HIGH = 256  # rows of a tile


def _tile(rows: Float[Tensor, "m D"], items: Float[Tensor, "v D"]) -> tuple[Tensor, Tensor]:
    """exp(<x_n, e_i> - top_n), and each row's highest score top_n."""
    scores = linear(rows, items).float()
    top = scores.amax(1, keepdim=True)
    return shifted_exp(scores, top, out=scores), top
