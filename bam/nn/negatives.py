"""The cost of targets against negatives as one function in C, with its gradient.

torch passes over the scores a dozen times; here they are read once, and once more in backward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from bam.nn.compiled import call, compiled

c = partial(compiled, "negatives")


@dataclass(frozen=True)
class Group:
    """Vectors that answer together, and what is added to the scores of each."""

    member: Int[Tensor, "B G M"]  # which of the vectors
    gate: Float[Tensor, "B G M"] | None
    positive: Float[Tensor, "B G"]  # what they score the target together


def against_negatives(
    scores: Float[Tensor, "B C S"],
    log_q: Float[Tensor, "R S"],
    hit: Bool[Tensor, "B S"],
    groups: Sequence[Group],
    beta: float,
) -> tuple[Float[Tensor, "B G"], ...]:
    """softplus(log(sum_j w_j exp s_j / mean_j w_j) - positive), w_j = exp(beta s_j), of each group.

    s_j = log sum_m exp(score_mj + gate_m) - log_q_j, and j are the negatives that are no hit.
    """
    rest = [each for group in groups for each in (group.gate, group.positive)]
    members = tuple(group.member.contiguous() for group in groups)
    return Against.apply(scores, log_q.contiguous(), hit.contiguous(), members, beta, *rest)


class Against(torch.autograd.Function):
    """`against_negatives`; the gradient is found in forward, but for the factor of each cost."""

    @staticmethod
    def forward(ctx, scores, log_q, hit, members, beta: float, *rest) -> tuple[Tensor, ...]:
        (B, C, S), found, kept = scores.shape, [], []
        for member, gate, positive in zip(members, rest[::2], rest[1::2], strict=True):
            (_, G, M), new = member.shape, scores.new_empty
            share = new(B, G, M, S) if M > 1 else None
            nll, of_score, of_positive = new(B, G), new(B, G, S), new(B, G)
            gate = None if gate is None else gate.contiguous()
            answers = (scores, member, gate, hit, log_q, len(log_q), positive.contiguous())
            call(c().nll, B, C, G, M, S, *answers, float(beta), nll, of_score, of_positive, share)
            found.append(nll)
            kept += [member, of_score, of_positive, share]
        ctx.save_for_backward(*kept)
        ctx.sizes, ctx.gated = (B, C, S), [gate is not None for gate in rest[::2]]
        return tuple(found)

    @staticmethod
    @once_differentiable
    def backward(ctx, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (B, C, S), kept, rest = ctx.sizes, ctx.saved_tensors, []
        of_scores = gradients[0].new_zeros(B, C, S)
        each = zip(gradients, kept[::4], kept[1::4], kept[2::4], kept[3::4], ctx.gated, strict=True)
        for gradient, member, of_score, of_positive, share, gated in each:
            of_gate = gradient.new_empty(member.shape) if gated else None
            inputs = (member, gradient.contiguous(), of_score, share)
            call(c().nll_backward, B, C, *member.shape[1:], S, *inputs, of_scores, of_gate)
            rest += [of_gate, gradient * of_positive]
        return of_scores, None, None, None, None, *rest
