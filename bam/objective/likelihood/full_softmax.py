"""Cross-entropy over the whole catalogue, in chunks of items."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import pad
from torch.utils.checkpoint import checkpoint

from bam.errors import require
from bam.nn.logsumexp import log_sum_exp, shifted_exp
from bam.nn.matmul import ROWS, linear
from bam.objective.answers import group_size, joint_log_sums, joint_scores
from bam.objective.candidates import smooth_labels, target_scores
from bam.records import Answer, Candidates


class FullSoftmax(nn.Module):
    """-log(exp s_target / sum_i exp s_i) over every item i, in nats; exact.

    With lse_k = log sum_i exp <m_k, e_i>, the sum of exp s_i is the sum over k of g_k exp lse_k, so
    that only the scores of one chunk of chunk_items are in memory at a time. They are kept for
    backward where those of all items take at most memory_mb. Negatives are not used.
    A joint score with a sharpness that is not 1 has no such sum: its scores are pooled chunk by
    chunk, and once more in backward.
    With label_smoothing the label of the target is 1 - label_smoothing, and all items, the target
    too, share the rest equally; where several interests answer together, the scores of all items
    are then computed twice more.
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
        self, answers: Sequence[Answer], candidates: Candidates
    ) -> list[Float[Tensor, "B G"]]:
        table, size = candidates.table(), (self.chunk_items, self.memory_mb)
        log_sums = joint_log_sums(
            answers,
            lambda vectors: log_total(
                candidates.everywhere(lambda x: table_log_sums(x, table, *size), vectors)
            ),
            lambda answer: log_total(
                answer_everywhere(
                    lambda one: pooled_log_sum(one, table, self.chunk_items), answer, candidates
                )
            ),
        )
        positive = target_scores(answers, candidates)
        nll = [total - p for total, p in zip(log_sums, positive, strict=True)]
        if self.label_smoothing == 0:
            return nll
        share = len(table) / candidates.num_items
        mean = [
            answer_everywhere(
                lambda one: share * mean_scores(one, table, self.chunk_items), answer, candidates
            ).sum(0)
            for answer in answers
        ]
        return [
            smooth_labels(*of_answer, self.label_smoothing)
            for of_answer in zip(nll, positive, mean, strict=True)
        ]


def answer_everywhere(
    compute: Callable[[Answer], Tensor], answer: Answer, candidates: Candidates
) -> Float[Tensor, "P B G"]:
    """What each process that holds a part of the items computes of an answer."""

    def compute_part(
        vectors: Tensor, group: Tensor | None, log_gate: Tensor | None, weight: Tensor
    ) -> Tensor:
        one = replace(answer, vectors=vectors, group=group, log_gate=log_gate, weight=weight)
        return compute(one)

    parts = (answer.vectors, answer.group, answer.log_gate, answer.weight)
    return candidates.everywhere(compute_part, *parts)


def log_total(parts: Float[Tensor, "P B G"]) -> Float[Tensor, "B G"]:
    """log sum_p exp(part_p): a sum over all items, of the sums of the processes that hold them."""
    return parts[0] if len(parts) == 1 else log_sum_exp(parts, 0)


@torch.compiler.disable
def mean_scores(answer: Answer, items: Float[Tensor, "V D"], chunk: int) -> Float[Tensor, "B G"]:
    """Mean of s_i over the items; of one interest <m, mean_i e_i>, else chunk by chunk.

    Backward computes the scores of each chunk again instead of keeping them.
    """
    if group_size(answer) == 1:
        return joint_scores([answer], items.mean(0)[None, None])[0][..., 0]
    sums = [
        checkpoint(_sum_of_scores, answer, rows, use_reentrant=False, preserve_rng_state=False)
        for rows in items.split(chunk)
    ]
    return torch.stack(sums).sum(0) / len(items)


def _sum_of_scores(answer: Answer, items: Float[Tensor, "v D"]) -> Float[Tensor, "B G"]:
    return joint_scores([answer], items[None])[0].sum(-1)


@torch.compiler.disable
def pooled_log_sum(answer: Answer, items: Float[Tensor, "V D"], chunk: int) -> Float[Tensor, "B G"]:
    """log sum_i exp s_i over the items, chunk by chunk: for a sharpness that is not 1.

    Backward computes the scores of each chunk again instead of keeping them.
    """
    sums = [
        checkpoint(_log_sum_of_scores, answer, rows, use_reentrant=False, preserve_rng_state=False)
        for rows in items.split(chunk)
    ]
    return log_sum_exp(torch.stack(sums, -1), -1)


def _log_sum_of_scores(answer: Answer, items: Float[Tensor, "v D"]) -> Float[Tensor, "B G"]:
    return log_sum_exp(joint_scores([answer], items[None])[0], -1)


@torch.compiler.disable  # the loop over tiles stays as it is; the rest of the step compiles
def table_log_sums(
    vectors: Float[Tensor, "B C D"], items: Float[Tensor, "V D"], chunk: int, memory_mb: int
) -> Float[Tensor, "B C"]:
    """log sum_i exp <m_k, e_i> over every item, of each interest."""
    x = vectors.flatten(0, 1)
    whole = pad(x, (0, 0, 0, -len(x) % ROWS))  # few shapes
    return LogSums.apply(whole, items, chunk, memory_mb)[: len(x)].view(vectors.shape[:2])


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
