"""Ranks by torch: the scores of blocks of items, tile by tile."""

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Int
from torch import Tensor
from torch.nn.functional import embedding

from bam.evaluation import balance
from bam.evaluation.contest import Contest, Standing
from bam.evaluation.query_ranks import QueryRanks
from bam.evaluation.ranking import (
    ALONE,
    Catalogue,
    Pool,
    Top,
    alone,
    count_not_below,
    ignore,
    target_and_block_scores,
    target_scores,
)
from bam.records import Mixture


@dataclass(frozen=True)
class Tiled:
    """On every device, and for every way in which the scores of interests become one."""

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
        B = len(rank)
        count = rearrange(counted.count, "(B K) T -> B K T", B=B) if counted else None
        return Standing(rank, count, top)

    def winners(self, mixture: Mixture, item: Int[Tensor, "B n"]) -> Int[Tensor, "B n"]:
        """As `Ranker`."""
        return balance.winners(mixture, embedding(item, self.catalogue.table))

    def _query_ranks(self, mixture: Mixture, contest: Contest) -> QueryRanks:
        """What counts the rank of each target under each interest alone, with the memory."""
        K = mixture.vectors.shape[1]
        target = contest.target.repeat_interleave(K, 0)
        own = target_scores(alone(mixture), self.catalogue, target, ALONE)
        own = contest.own(rearrange(own, "(B K) T -> K B T", K=K))
        changes, items = contest.changes(own), len(self.catalogue.table)
        return QueryRanks.of(rearrange(own, "K B T -> (B K) T"), changes, items)
