"""The aggregations of several models, and one score of what they give to an item."""

import math
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import require
from bam.model.ensemble.backbone import block_diagonal
from bam.model.scores import Aggregation, log_sum
from bam.records import PAD, Interests, Mixture


@runtime_checkable
class Pooling(Protocol):
    """How the scores of the members become one, and how much each member counts."""

    weights: Sequence[float]  # above 0; they sum to 1

    def __call__(self, scores: Tensor, out: Tensor | None) -> Tensor:
        """One score [*b S] of those [*b M S] of M members: log w_m + log p_m(i) of member m."""


class Ensemble(nn.Module):
    """score(i) = pooling over the members m of log w_m p_m(i), p_m(i) = exp(s_m(i)) / Z_m.

    s_m(i) is the score that member m gives to item i by its own aggregation, and Z_m = sum_i
    exp(s_m(i)) is over all items: so members with large and with small scores compare. log w_m -
    log Z_m is a part of the log weight of each interest of m, since every aggregation rises by what
    is added to all of its scores. The members are trained each by itself.
    """

    gives_log_probabilities = True

    def __init__(
        self,
        members: list[Aggregation],
        widths: list[int],
        num_interests: list[int],
        pooling: Pooling,
    ):
        super().__init__()
        rule = f"pooling.weights must have a weight for each of the {len(members)} members"
        require(len(pooling.weights) == len(members), rule, list(pooling.weights))
        modules: Any = members
        self.members: Any = nn.ModuleList(modules)
        self.widths, self.num_interests, self.pooling = widths, num_interests, pooling
        sizes = zip(members, num_interests, widths, strict=True)
        self.num_scores = [_num_scores(member, K, D) for member, K, D in sizes]

    def with_pooling(self, pooling: Pooling) -> "Ensemble":
        """The same members, pooled in another way."""
        found = copy(self)
        found.pooling = pooling
        return found

    def forward(self, interests: Interests, table: Callable[[], Tensor]) -> Mixture:
        """With log w_m - log Z_m of its member in the log weight of each interest."""
        # products by a part of a wider matrix take a hundred times as long
        rows = [part.contiguous() for part in table().split(self.widths, -1)]
        members = zip(self.members, self._own(interests), rows, self.pooling.weights, strict=True)
        found = [_normalised(*member) for member in members]
        return Mixture(
            block_diagonal([one.vectors for one in found]),
            torch.cat([one.routing for one in found], 1),
            torch.cat([one.log_weight for one in found], 1),
            torch.cat([one.weight for one in found], 1),
        )

    def pool(
        self, scores: Float[Tensor, "*b K S"], out: Float[Tensor, "*b S"] | None = None
    ) -> Float[Tensor, "*b S"]:
        """The members' scores, each pooled by its own aggregation, as one."""
        parts = zip(self.members, scores.split(self.num_scores, -2), strict=True)
        return self.pooling(torch.stack([member.pool(part) for member, part in parts], -2), out)

    def _own(self, interests: Interests) -> Iterator[Interests]:
        """What the backbone of each member has made."""
        vectors = interests.vectors.split(self.num_interests, 1)
        routing = interests.routing.split(self.num_interests, 1)
        summary = interests.summary.split(self.widths, -1)
        for m, part in enumerate(vectors):
            yield Interests(part.split(self.widths, -1)[m], routing[m], summary[m])


def _normalised(
    member: Aggregation, interests: Interests, rows: Float[Tensor, "V1 d"], weight: float
) -> Mixture:
    """The interests of a member, so that its score of an item is log w p(i)."""
    found = member(interests, lambda: rows)
    log_z = log_sum(found, member.pool, rows[PAD + 1 :])
    log_weight = found.log_weight + math.log(weight) - log_z[:, None]
    return replace(found, log_weight=log_weight, weight=weight * found.weight)


def _num_scores(member: Aggregation, num_interests: int, dim: int) -> int:
    """How many scores of an item an aggregation has of K interests: one that adds them up has 1."""
    vectors = torch.zeros(1, num_interests, dim)
    rows = torch.zeros(2, dim)
    found = member(Interests.unrouted(vectors, vectors[:, 0]), lambda: rows)
    return found.vectors.shape[1]
