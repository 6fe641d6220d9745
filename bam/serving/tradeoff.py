"""What lists give and cost: accuracy against diversity, and against the number of index queries."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl
import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.errors import require
from bam.evaluation.facts import ItemFacts
from bam.evaluation.metric.diversity import Diversity
from bam.evaluation.metric.ndcg import NDCG
from bam.evaluation.metric.queries import Queries as NumberOfQueries
from bam.evaluation.metric.recall import Recall
from bam.evaluation.metric.union_recall import UnionRecall
from bam.evaluation.outcome import Metric, Outcome, measure
from bam.evaluation.queries import Queries, cosines
from bam.records import PAD
from bam.serving.answers import USERS
from bam.serving.found import Found, Merged
from bam.serving.histories import History
from bam.serving.merge.score import Score
from bam.serving.reranking.none import Unchanged
from bam.serving.retriever import Choices, Reranking, Retriever, Weighting
from bam.system.bars import progress_bar

FACTOR, QUERIES = "factor", "queries"  # what is varied
NOWHERE = 2**31  # the place of an item that is in no list


@dataclass(frozen=True)
class Sweeps:
    """What is varied: the factor of a reranking; and the queries, with several ways to merge."""

    n: int  # items of each list
    candidates: list[int]  # of all queries of a user together
    by_weight: bool  # whether the interests bring them by their weights, or equal shares
    rerankings: Mapping[float, Reranking]  # by their factor, of the list by the model's score
    merges: Mapping[str, Callable[[Found, int], Merged]]
    max_cosines: list[float]  # of two interests above it only the heavier sends a query
    weighting: Weighting
    exclude_seen: bool

    def __post_init__(self) -> None:
        require(self.n >= 1, "n must be at least 1", self.n)
        at_least_one = min(self.candidates, default=0) >= 1
        require(at_least_one, "candidates must be numbers of at least 1", self.candidates)
        within = bool(self.max_cosines) and all(-1 <= one <= 1 for one in self.max_cosines)
        require(within, "max_cosines must be numbers from -1 to 1", self.max_cosines)
        require(len(self.merges) > 0, "merge must have an option", self.merges)


@dataclass(frozen=True)
class Setting:
    """One point of a sweep."""

    varied: str
    merge: str
    factor: float
    max_cosine: float


Values = dict[str, Float[Tensor, " B"]]  # of each user, by the name of the metric


@torch.inference_mode()
def trade_off(retriever: Retriever, target: Int[Tensor, "U T"], sweeps: Sweeps) -> pl.DataFrame:
    """Means over the retriever's users, who have these targets: one row a setting.

    A target that is not in a list is a miss. So is one that the user has met before, where seen
    items are left out. `error` is the standard error of the recall.
    """
    histories, recall = retriever.users.all(), f"recall@{sweeps.n}"
    means: dict[Setting, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    parts = torch.arange(len(histories)).split(USERS)
    for users in progress_bar(parts, desc="recommending", unit="block", leave=False, delay=2):
        block = [histories[user] for user in users.tolist()]
        for setting, values in _measure(retriever, block, target[users], sweeps):
            for name, value in {**values, "error": values[recall].square()}.items():
                means[setting][name] += float(value.sum()) / len(histories)
    rows = pl.from_dicts(
        [{**asdict(one), **values} for one, values in means.items()], infer_schema_length=None
    )
    variance = (pl.col("error") - pl.col(recall) ** 2).clip(0)
    return rows.with_columns(error=(variance / len(histories)).sqrt())


def _measure(
    retriever: Retriever, histories: list[History], target: Int[Tensor, "B T"], sweeps: Sweeps
) -> Iterator[tuple[Setting, Values]]:
    """What each setting gives these users."""
    items = retriever.items
    facts = ItemFacts(len(items.count) - 1, lambda: items.count, lambda: items.genres)

    def find(max_cosine: float) -> Found:
        some = (sweeps.weighting, Unchanged(), max_cosine, sweeps.exclude_seen)
        return retriever.find(histories, Choices(Score(), *some))[1]

    every = find(1.0)
    for factor, rerank in sweeps.rerankings.items():
        merged = Score()(every, rerank.candidates(sweeps.n))
        lists = rerank(merged, facts.genres, sweeps.n).item
        yield Setting(FACTOR, "score", factor, 1.0), _of_lists(lists, target, sweeps.n, facts)
    alone = _alone(every, target, max(sweeps.candidates), facts)
    for max_cosine in sweeps.max_cosines:
        costs = (
            NumberOfQueries(max_cosine),
            UnionRecall(sweeps.candidates, max_cosine, sweeps.by_weight),
        )
        cost, found = _values(costs, alone), find(max_cosine)
        for name, merge in sweeps.merges.items():
            values = _of_lists(merge(found, sweeps.n).item, target, sweeps.n, facts)
            yield Setting(QUERIES, name, 0.0, max_cosine), {**cost, **values}


def _of_lists(
    lists: Int[Tensor, "B m"], target: Int[Tensor, "B T"], n: int, facts: ItemFacts
) -> Values:
    """How accurate and how diverse the first n items of each list are."""
    lists = lists[:, :n].cpu()
    ranks = places(lists[:, None], target)[..., 0]
    outcome = Outcome(ranks, lists, Queries.none(ranks), facts)
    return _values([Recall([n]), NDCG([n]), Diversity([n])], outcome)


def _alone(found: Found, target: Int[Tensor, "B T"], n: int, facts: ItemFacts) -> Outcome:
    """What each interest finds by itself, in its n best items."""
    rank = places(found.each(n).item.cpu(), target)
    queries = Queries(rank, found.weight.cpu(), cosines(found.mixture.vectors).cpu())
    return Outcome(rank.amin(2), rank[:, 0, :0], queries, facts)


def _values(metrics: Sequence[Metric], outcome: Outcome) -> Values:
    found = measure(metrics, outcome)
    return {one.name: one.value for one in found if isinstance(one.value, Tensor)}


def places(lists: Int[Tensor, "B K m"], target: Int[Tensor, "B T"]) -> Int[Tensor, "B T K"]:
    """The place of each target in each list, from 1; NOWHERE where it is not; 0: no target."""
    here = lists[:, None] == target[:, :, None, None]
    place = torch.where(here.any(3), here.long().argmax(3) + 1, NOWHERE)
    return place * (target != PAD)[..., None]
