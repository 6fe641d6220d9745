"""What a metric may see of a full ranking, and what it gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.errors import require
from bam.evaluation.facts import ItemFacts
from bam.evaluation.queries import Queries
from bam.records import PAD

Value = Float[Tensor, " U"] | float  # of each user, or one number of all users' lists


@dataclass(frozen=True)
class Outcome:
    """Ranks and lists of U users, and the facts of the items."""

    ranks: Int[Tensor, "U T"]  # from 1, of distinct targets; 0: no target; each user has one
    lists: Int[Tensor, "U n"]  # the best items, best first; PAD: no item; n is 0 at validation
    queries: Queries  # what each interest finds by itself, where a metric needs it
    facts: ItemFacts

    @staticmethod
    def smallest() -> "Outcome":
        """One user whose target is first, without lists: enough to learn the names of metrics."""
        nothing = torch.zeros(2, 0, dtype=torch.bool)
        facts = ItemFacts(1, lambda: torch.zeros(2, dtype=torch.int64), lambda: nothing)
        one = torch.ones(1, 1, dtype=torch.int64)
        return Outcome(ranks=one, lists=one[:, :0], queries=Queries.none(one), facts=facts)

    @property
    def num_targets(self) -> Int[Tensor, " U"]:
        """How many targets each user has."""
        return (self.ranks > 0).sum(1)

    def hits(self, n: int) -> Float[Tensor, "U T"]:
        """1 for each target that is among the first n, else 0."""
        return ((self.ranks > 0) & (self.ranks <= n)).double()

    def list_means(self, value: Float[Tensor, " V1"], n: int) -> Float[Tensor, " U"]:
        """The mean value of the first n items of each list; 0 for a list without items."""
        items = self.lists[:, :n]
        listed = items != PAD
        return (value[items] * listed).sum(1) / listed.sum(1).clamp(min=1)


@runtime_checkable
class Metric(Protocol):
    """One measure of a ranking, which yields a name and a value for each of its cutoffs."""

    higher_is_better: bool
    bounds: tuple[float, float]  # the lowest and the highest value it can have
    list_length: int  # items of each list that it needs; 0: ranks are enough, as at validation
    needs_queries: bool  # whether it needs what each interest finds by itself, as in a test alone

    def __call__(self, outcome: Outcome) -> Iterator[tuple[str, Value]]: ...


@dataclass(frozen=True)
class Measurement:
    """What one metric gives at one cutoff."""

    name: str  # such as recall@10
    value: Value
    higher_is_better: bool

    @property
    def mean(self) -> float:
        """Over users; of a value of all lists, the value itself."""
        return float(self.value.mean()) if isinstance(self.value, Tensor) else self.value


def measure(metrics: Iterable[Metric], outcome: Outcome) -> list[Measurement]:
    """What each metric gives; one that needs what the outcome has not is left out."""
    has_lists, has_queries = outcome.lists.shape[1] > 0, outcome.queries.weight.shape[1] > 0
    return [
        Measurement(name, value, metric.higher_is_better)
        for metric in metrics
        if (has_lists or metric.list_length == 0) and (has_queries or not metric.needs_queries)
        for name, value in metric(outcome)
    ]


def require_cutoffs(cutoffs: list[int]) -> None:
    """Refuse cutoffs that no list can have.

    Raises:
        Mistake: there is none, or one is below 1.
    """
    require(bool(cutoffs) and min(cutoffs) >= 1, "cutoffs must be at least 1", cutoffs)
