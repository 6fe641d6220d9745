"""What a full ranking finds about each user."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from bam.evaluation.queries import Queries


@dataclass(frozen=True)
class Ranking:
    """What a full ranking finds about each user."""

    rank: Int[Tensor, "U T"]  # 1-based; 0 where there is no target, or one that came before
    winner: Int[Tensor, "U T"]  # the interest that scores the target highest
    cosine: Float[Tensor, " U"]  # mean over the pairs of the user's interests
    top: Int[Tensor, "U n"]  # the best competing items, best first; PAD: no item
    # the interest that scores each of them highest; K: they are in the list thanks to the memory
    top_winner: Int[Tensor, "U n"]
    queries: Queries  # what each interest finds by itself, where a metric needs it
    num_interests: int  # K, those that score: 1 where the aggregation makes one of them

    def select(self, users: Int[Tensor, " M"]) -> "Ranking":
        """The ranking of these users, in this order."""
        return Ranking(
            rank=self.rank[users],
            winner=self.winner[users],
            cosine=self.cosine[users],
            top=self.top[users],
            top_winner=self.top_winner[users],
            queries=self.queries.select(users),
            num_interests=self.num_interests,
        )


def concatenate(parts: list[Ranking]) -> Ranking:
    """The rankings of several groups of users as one."""
    widest = max(part.rank.shape[1] for part in parts)
    return Ranking(
        rank=torch.cat([pad(part.rank, (0, widest - part.rank.shape[1])) for part in parts]),
        winner=torch.cat([pad(part.winner, (0, widest - part.winner.shape[1])) for part in parts]),
        cosine=torch.cat([part.cosine for part in parts]),
        top=torch.cat([part.top for part in parts]),
        top_winner=torch.cat([part.top_winner for part in parts]),
        queries=Queries.concatenated([part.queries for part in parts], widest),
        num_interests=parts[0].num_interests,
    )
