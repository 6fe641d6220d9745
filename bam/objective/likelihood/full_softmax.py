"""Cross-entropy over the whole catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import replace

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

    uses_negatives = False

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
            lambda vectors: log_total(
                candidates.everywhere(lambda x: _log_sums(x, table, *size), vectors)
            ),
            lambda answer: log_total(
                answer_everywhere(
                    lambda one: pooled_log_sum(one, table, self.chunk_items), answer, candidates
                )
            ),
        )
        positive = target_scores(answers, candidates)
        nll = [t - p for t, p in zip(total, positive, strict=True)]
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


def _log_sums(
    vectors: Float[Tensor, "B C D"], table: Float[Tensor, "V D"], chunk: int, memory_mb: int
) -> Float[Tensor, "B C"]:
    return log_sums(vectors.flatten(0, 1), table, chunk, memory_mb).view(vectors.shape[:2])


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
