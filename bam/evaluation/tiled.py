"""Ranks by torch: the scores of blocks of items, tile by tile."""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Int
from torch import Tensor

from bam.evaluation import balance
from bam.evaluation.contest import Contest, Standing
from bam.evaluation.query_ranks import QueryRanks
from bam.evaluation.ranking import (
    ALONE,
    Catalogue,
    Pool,
    alone,
    count_not_below,
    ignore,
    target_and_block_scores,
    target_scores,
)
from bam.evaluation.top import Top
from bam.records import Mixture


@dataclass(frozen=True)
class Tiled:
    """On every device, and for every way in which the scores of interests become one.

    Where processes share out the items, each ranks its own, and the ranks are added up.
    """

    catalogue: Catalogue
    pool: Pool

    def rank(self, mixture: Mixture, contest: Contest, length: int, each: bool) -> Standing:
        """As `Ranker`."""
        counted = self._query_ranks(mixture, contest) if each else None
        look = counted.add if counted else ignore
        own, blocks = target_and_block_scores(
            mixture, self.catalogue, contest.target, self.pool, look
        )
        own = contest.own(own)
        changes = contest.changes(own)
        rank, top = torch.zeros_like(contest.target), Top.empty(mixture.vectors)
        for first, scores in blocks:
            for some in changes:
                some.write(scores, first)
            rank += count_not_below(scores, own)  # the target itself is one of them
            top = top.merged(scores, first, length)
        shards, each_alone = self.catalogue.shards, None
        if counted:
            each_alone = rearrange(shards.total(counted.count), "(B K) T -> B K T", B=len(rank))
        tops = [part.to(rank.device) for part in shards.processes.gather(top)]
        return Standing(shards.total(rank), each_alone, Top.best(tops, length))

    def winners(self, mixture: Mixture, item: Int[Tensor, "B n"]) -> Int[Tensor, "B n"]:
        """As `Ranker`."""
        return balance.winners(mixture, self.catalogue.rows(item))

    def _query_ranks(self, mixture: Mixture, contest: Contest) -> QueryRanks:
        """What counts the rank of each target under each interest alone, with the memory."""
        K = mixture.vectors.shape[1]
        target = contest.target.repeat_interleave(K, 0)
        own = target_scores(alone(mixture), self.catalogue, target, ALONE)
        own = contest.own(rearrange(own, "(B K) T -> K B T", K=K))
        changes, stop = contest.changes(own), self.catalogue.shards.own.stop
        return QueryRanks.of(rearrange(own, "K B T -> (B K) T"), changes, stop)
