"""Full ranking: every target among all items, for all users, in blocks of users and items."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor

from bam.data.windows import rows_and_items, windows
from bam.errors import require
from bam.evaluation import balance
from bam.evaluation.contest import Contest, Ranker
from bam.evaluation.facts import ItemFacts
from bam.evaluation.found import Ranking, concatenate
from bam.evaluation.outcome import Measurement, Metric, Outcome, measure, require_cutoffs
from bam.evaluation.packed import Packed
from bam.evaluation.queries import Queries, cosines
from bam.evaluation.ranking import Catalogue, GivenScores
from bam.evaluation.targets import among, distinct_targets
from bam.evaluation.tiled import Tiled
from bam.evaluation.top import Top
from bam.model.additions import Additions
from bam.model.aggregation.maximum import maximum
from bam.model.blend import Blend
from bam.model.recommender import Recommender
from bam.records import PAD, Events, Mixture, Spans
from bam.system.bars import progress_bar
from bam.system.device import choose
from bam.system.threads import Pace

BYTES_A_SCORE = 4  # float32


@runtime_checkable
class Competition(Protocol):
    """What a protocol of bam.evaluation.protocol decides."""

    met_items_compete: bool  # whether the target is ranked among items of the history too
    seen_score: float

    def seen_from(self, start: Tensor, cut: Tensor, history_length: int) -> Tensor: ...
    def padding_seen(self, start: Tensor, cut: Tensor, history_length: int) -> Tensor: ...
    def target_score(self, score: Tensor, seen: Tensor) -> Tensor: ...


class Evaluator:
    """Ranks targets under a protocol, in blocks whose scores take at most `memory_mb`.

    `users_per_block` and `items_per_block` hold a number for each type of device. A CPU multiplies
    more quickly by a copy of the table: it makes one where that takes no more than half of the
    memory. `metrics` measure the ranking; the interests' slots are counted in the first
    max(cutoffs) places of the lists.
    """

    def __init__(
        self,
        protocol: Competition,
        metrics: Mapping[str, Metric],
        cutoffs: list[int],
        users_per_block: dict[str, int],
        items_per_block: dict[str, int],
        memory_mb: int,
    ):
        require_cutoffs(cutoffs)
        for name, sizes in (("users", users_per_block), ("items", items_per_block)):
            known = sizes.keys() >= {"cpu", "cuda"}
            require(known, f"{name}_per_block must have a number for cpu and for cuda", sizes)
            require(min(sizes.values()) >= 1, f"{name}_per_block must be at least 1", sizes)
        require(memory_mb >= 1, "memory_mb must be at least 1", memory_mb)
        self.protocol, self.metrics, self.cutoffs = protocol, metrics, cutoffs
        self.users_per_block, self.items_per_block = users_per_block, items_per_block
        self.memory_mb = memory_mb

    @property
    def list_length(self) -> int:
        """How many items of each list a test needs."""
        return max([*self.cutoffs, *(metric.list_length for metric in self.metrics.values())])

    @property
    def trainer_metrics(self) -> list[str]:
        """Names by which training may choose weights: validation has them, and higher is better."""
        measured = measure(self.metrics.values(), Outcome.smallest())
        return [one.name for one in measured if one.higher_is_better]

    def measure(self, ranking: Ranking, facts: ItemFacts) -> list[Measurement]:
        """What each metric gives; without lists, what the metrics of ranks give."""
        outcome = Outcome(ranking.rank, ranking.top, ranking.queries, facts)
        return measure(self.metrics.values(), outcome)

    def balance(self, ranking: Ranking) -> dict[str, float | list[float]]:
        """How evenly the interests share the targets."""
        winner = ranking.winner[ranking.rank > 0]
        return balance.summary(winner, ranking.cosine, ranking.num_interests)

    def slots(self, ranking: Ranking) -> dict[str, list[float]]:
        """Share of the items in the first max(cutoffs) places of lists that each interest wins.

        One more share is that of a memory: the items that the interests alone would not list.
        """
        first = slice(None), slice(max(self.cutoffs))
        winner = ranking.top_winner[first][ranking.top[first] != PAD]
        predictors = ranking.num_interests + bool((winner == ranking.num_interests).any())
        return {"slots": balance.shares(winner, predictors).tolist()}

    @torch.inference_mode()
    def rank(
        self,
        model: Recommender,
        memory: Blend,
        events: Events,
        spans: Spans,
        history_length: int,
        list_length: int,
        pace: Pace,
    ) -> Ranking:
        """Rank all targets of `spans`, and list each user's best `list_length` items, or all."""
        model.eval()
        list_length = min(list_length, model.shards.num_rows - 1)
        # users with histories of similar length together: a block is as wide as its longest history
        order = (spans.cut - spans.start).clamp(max=history_length).argsort(stable=True)
        blocks = order.split(choose(events.items.device, self.users_per_block))
        ranker, parts = None, []
        shown = progress_bar(blocks, desc="ranking", unit="block", leave=False, delay=2)
        for users in pace.over(shown):
            block = Spans(spans.start[users], spans.cut[users], spans.stop[users])
            history, times = windows(events, block.start, block.cut, history_length)
            found = model(history, times)
            added = memory(history, model.scores(found))
            if ranker is None:  # the first block of users is the largest
                ranker = self._ranker(model, found.vectors, list_length)
            target = distinct_targets(events.items, block)
            seen = self._seen(events.items, block, history_length)
            contest = Contest(target, added, seen, self.protocol.target_score)
            parts.append(self._ranking(found, ranker, contest, list_length))
        return concatenate(parts).select(order.argsort())

    def _ranks_queries(self, list_length: int) -> bool:
        """Whether each interest is also ranked alone: in a test, which has lists, for a metric."""
        return list_length > 0 and any(one.needs_queries for one in self.metrics.values())

    def _ranker(self, model: Recommender, vectors: Tensor, list_length: int) -> Ranker:
        """By the kernel where it can be, else in blocks whose scores fit into the memory.

        Processes that share out the items choose the same sizes.
        """
        table, pool, shards = model.table(), model.aggregation.pool, model.shards
        memory, size = self.memory_mb * 2**20, shards.most * table[:1].nbytes
        copied = table.is_cpu and size <= memory // 2
        if copied and shards.is_whole and pool is maximum and (packed := Packed.of(table)):
            return packed
        users, interests = vectors.shape[:2]
        layers = interests + 2  # scores of each interest in a tile, of a tile pooled, of all
        layers += interests * self._ranks_queries(list_length)  # which are below a target
        most = (memory - copied * size) // (BYTES_A_SCORE * layers * users)
        block = min(max(1, most), choose(table.device, self.items_per_block))
        catalogue = Catalogue.of_shard(table, block, users * interests, copied, shards, model.rows)
        return Tiled(catalogue, pool)

    def _ranking(
        self, found: Mixture, ranker: Ranker, contest: Contest, list_length: int
    ) -> Ranking:
        standing = ranker.rank(found, contest, list_length, self._ranks_queries(list_length))
        rank, top = (standing.rank * (contest.target != PAD)).cpu(), standing.top
        return Ranking(
            rank=rank,
            winner=ranker.winners(found, contest.target).cpu(),
            cosine=balance.pairwise_cosine(found.vectors).cpu(),
            top=top.item.masked_fill(top.score == -torch.inf, PAD).cpu(),
            top_winner=self._predictors(found, ranker, contest, top).cpu(),
            queries=_queries(found, standing.alone, rank),
            num_interests=found.vectors.shape[1],
        )

    def _predictors(
        self, found: Mixture, ranker: Ranker, contest: Contest, top: Top
    ) -> Int[Tensor, "B n"]:
        """The interest that scores each item of the lists highest; K: the memory has brought it.

        That is where the interests alone would not list the item.
        """
        winner = ranker.winners(found, top.item)
        if not len(contest.added.item) or not winner.shape[1]:  # a validation lists nothing
            return winner
        without = replace(contest, added=Additions.none(winner.device))
        alone = ranker.rank(found, without, top.item.shape[1], False).top.item
        return torch.where(among(top.item, alone), winner, found.vectors.shape[1])

    def _seen(self, items: Tensor, spans: Spans, history_length: int) -> GivenScores:
        start = self.protocol.seen_from(spans.start, spans.cut, history_length)
        row, item = rows_and_items(items, start, spans.cut)
        padding_seen = self.protocol.padding_seen(spans.start, spans.cut, history_length)
        padded = padding_seen.nonzero()[:, 0].to(items.device)
        row = torch.cat([row, padded])
        item = torch.cat([item, torch.full_like(padded, PAD)])
        score = torch.full_like(item, self.protocol.seen_score, dtype=torch.float32)
        return GivenScores(row, item, score)


def _queries(
    found: Mixture, alone: Int[Tensor, "B K T"] | None, rank: Int[Tensor, "B T"]
) -> Queries:
    """What each interest finds; its weight is the gate's, or equal where there is no gate."""
    if alone is None:
        return Queries.none(rank)
    return Queries(
        rank=alone.cpu().mT * (rank > 0)[..., None],
        weight=found.weight.cpu(),
        cosine=cosines(found.vectors).cpu(),
    )
