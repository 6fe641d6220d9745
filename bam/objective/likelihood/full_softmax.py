"""Cross-entropy over the whole catalogue."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from bam.errors import require
from bam.nn.log_sums import log_sums
from bam.nn.logsumexp import log_sum_exp
from bam.objective.answers import group_size, joint_log_sums, joint_scores
from bam.objective.candidates import smooth_labels, target_scores
from bam.records import Answer, Candidates


class FullSoftmax(nn.Module):
    """-log(exp s_target / sum_i exp s_i) over every item i, in nats; exact.

    With lse_k = log sum_i exp <m_k, e_i>, the sum of exp s_i is the sum over k of g_k exp lse_k, so
    that no more than the scores of chunk_items are in memory at a time. They are kept for backward
    where those of all items take at most memory_mb. Negatives are not used.
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
        total = joint_log_sums(
            answers,
            lambda vectors: log_sums(vectors.flatten(0, 1), table, *size).view(vectors.shape[:2]),
            lambda answer: pooled_log_sum(answer, table, self.chunk_items),
        )
        positive = target_scores(answers, candidates)
        nll = [t - p for t, p in zip(total, positive, strict=True)]
        if self.label_smoothing == 0:
            return nll
        mean = [mean_scores(answer, table, self.chunk_items) for answer in answers]
        return [
            smooth_labels(*of_answer, self.label_smoothing)
            for of_answer in zip(nll, positive, mean, strict=True)
        ]


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
