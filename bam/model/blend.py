"""What a memory knows of a history, blended with the scores of a model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.model.additions import Additions
from bam.model.scores import interest_scores, log_sum
from bam.nn.logsumexp import log_sum_exp
from bam.records import Mixture

PAIRS = 1 << 15  # of users and items that are scored at once
# one product gives what all users give to a range of items, DENSE times as quick as pair by pair;
# READ users take as long as reading the items
DENSE, READ = 32, 16


@dataclass(frozen=True)
class Scores:
    """What a model gives to items for a block of users, computed when it is called for."""

    mixture: Mixture
    pool: Callable[..., Tensor]  # the aggregation's
    rows: Callable[[Tensor], Tensor]  # of any items, as they score against interests
    table: Callable[[], Tensor]  # every real item, or those that this process holds
    everywhere: Callable[..., Tensor]  # see `Candidates`

    def of(self, row: Int[Tensor, " M"], item: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        """What user row[i] gives item[i]."""
        parts = zip(row.split(PAIRS), item.split(PAIRS), strict=True)
        return torch.cat([self._of_some(*part) for part in parts])

    def log_sum(self) -> Float[Tensor, " B"]:
        """log Z = log sum_i exp(score of i) of each user, over all items."""
        given = self.mixture.vectors, self.mixture.log_weight
        return log_sum_exp(self.everywhere(self._log_sum_here, *given), 0)

    def _of_some(self, row: Int[Tensor, " M"], item: Int[Tensor, " M"]) -> Float[Tensor, " M"]:
        if not len(item):
            return torch.zeros(0, device=item.device)
        first, last = torch.stack([item.min(), item.max()]).tolist()
        if (len(self.mixture.vectors) + READ) * (last - first + 1) <= DENSE * len(item):
            table = self.rows(torch.arange(first, last + 1, device=item.device))
            return self.pool(interest_scores(self.mixture, table))[row, item - first]
        vectors, log_weight = self.mixture.vectors[row], self.mixture.log_weight[row]
        each = (vectors * self.rows(item)[:, None]).sum(-1).float() + log_weight
        return self.pool(each[..., None])[..., 0]

    def _log_sum_here(
        self, vectors: Float[Tensor, "B K D"], log_weight: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """Of the items that this process holds."""
        mixture = Mixture(vectors, vectors[..., :0], log_weight, log_weight)
        return log_sum(mixture, self.pool, self.table())


@runtime_checkable
class Scoring(Protocol):
    """What a blending may read of a model's scores for a block of users: `Scores` computes it."""

    def of(self, row: Tensor, item: Tensor) -> Tensor: ...
    def log_sum(self) -> Tensor: ...


@runtime_checkable
class Memory(Protocol):
    """What an option of bam.model.memory decides: which items go with a history."""

    holds_histories: bool  # whether users' histories can be read from its buffers: see `bam export`

    def __call__(self, history: Tensor) -> Additions:
        """The shares P(i | history), above 0, of histories [B L] of ids, oldest first, PAD at the
        end. Those of a user sum to at most 1.
        """


@runtime_checkable
class Blending(Protocol):
    """What an option of bam.model.blending decides: what the shares of a memory are worth."""

    def __call__(self, shares: Additions, scores: Scoring) -> Additions:
        """What is added to the scores of the model, at least 0."""


class Blend(nn.Module):
    """What a history adds to the scores of a model."""

    def __init__(self, memory: nn.Module, blending: Blending):
        super().__init__()
        self.memory, self.blending = memory, blending

    @property
    def name(self) -> str:
        """Of the memory, such as transitions."""
        return type(self.memory).__name__.lower()

    def forward(self, history: Int[Tensor, "B L"], scores: Scores) -> Additions:
        return self.blending(self.memory(history), scores)
