"""The best items of a user by an index: a list for each interest, and the lists become one.

An index knows nothing of a memory: the items to whose scores it adds are candidates beside those of
the lists. To the score of any other item nothing is added, so that the bound of the lists holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from einops import repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import embedding, pad

from bam.data.windows import came_before
from bam.evaluation.ranking import Pool
from bam.evaluation.top import Top
from bam.model.additions import Additions
from bam.model.scores import interest_scores
from bam.records import PAD, Mixture
from bam.serving.faiss import load_faiss
from bam.serving.search import Search

ONE_USER = 16  # queries, at most
FEW = 4  # users
Answer = Callable[["Lists"], tuple[Top, Bool[Tensor, " B"]]]  # and whose list is final
Find = Callable[[Mixture, Additions], Top]


@dataclass(frozen=True)
class Lists:
    """The m items that an index finds nearest to each interest, with what the model scores them.

    `memory` are the items to whose scores something is added.
    """

    sends: Bool[Tensor, "B K"]  # whether the interest sends a query
    item: Int[Tensor, "B K m"]  # PAD: no further item
    score: Float[Tensor, "B J K m"]  # of each item by each of the interests J = K
    added: Float[Tensor, "B K m"]  # to its score; -inf: excluded, or PAD
    memory: Int[Tensor, "B A"]  # PAD: no further item
    memory_score: Float[Tensor, "B J A"]
    memory_added: Float[Tensor, "B A"]

    def own(self) -> Float[Tensor, "B K m"]:
        """The score of each item by the interest that found it."""
        return self.score.diagonal(dim1=1, dim2=2).movedim(-1, 1)

    def joint(self, pool: Pool) -> tuple[Int[Tensor, "B M"], Float[Tensor, "B M"]]:
        """All items, and their scores by all interests; -inf where one came before."""
        item = torch.cat([self.item.flatten(1), self.memory], 1)
        score = pool(torch.cat([self.score.flatten(2), self.memory_score], 2))
        score = score + torch.cat([self.added.flatten(1), self.memory_added], 1)
        return item, score.masked_fill(came_before(item), -torch.inf)

    def of_each(self) -> tuple[Int[Tensor, "B K M"], Float[Tensor, "B K M"]]:
        """The items of each interest, and their scores by it; -inf where one came before."""
        K = self.item.shape[1]
        item = torch.cat([self.item, repeat(self.memory, "B A -> B K A", K=K)], 2)
        remembered = self.memory_score + self.memory_added[:, None]
        score = torch.cat([self.own() + self.added, remembered], 2)
        repeated = came_before(item.flatten(0, 1)).unflatten(0, item.shape[:2])
        return item, score.masked_fill(repeated, -torch.inf)

    def has(self, n: int) -> Bool[Tensor, " B"]:
        """Whether each interest has found n allowed items.

        What is added is at least 0, so that n of its items score no less than any other.
        """
        allowed = self.added > -torch.inf
        return ((allowed.sum(2) >= n) | ~self.sends).all(1)

    def end(self) -> Bool[Tensor, " B"]:
        """Whether an interest finds no further item, be its list longer: clusters have no more."""
        return ((self.item[:, :, -1] == PAD) & self.sends).any(1)

    def bound(self, pool: Pool) -> Float[Tensor, " B"]:
        """What an item that is in no list can score at most.

        Each interest scores it at most as the last item of its list, and pool is monotone (the
        threshold algorithm of Fagin, Lotem and Naor, PODS 2001).
        """
        ended = self.item[:, :, -1:] == PAD
        return pool(self.own()[:, :, -1:].masked_fill(ended, -torch.inf))[:, 0]


@dataclass(frozen=True)
class Indexed:
    """Lists of 2n items an interest, four times as long for the users who need more.

    They need more while an interest has found fewer than n allowed items; where the lists of the
    index are the true ones, also while an item that is not found could be among the n best. So the
    n best are then the true ones, up to rounding, and `exact`, which ranks all items, may take the
    place of lists: for a user whose lists would have half of all items, and for more than FEW users
    together, as one product for all of them is quicker. With every index it ranks the users for
    whom longer lists would find no more.
    """

    index: Any  # of FAISS; its row i is item i + 1
    table: Float[Tensor, "V1 D"]
    exact: Search
    is_true: bool  # whether the lists of the index are the true ones

    def pooled(self, mixture: Mixture, pool: Pool, added: Additions, n: int) -> Top:
        """As `Search`."""

        def answer(lists: Lists) -> tuple[Top, Bool[Tensor, " B"]]:
            item, score = lists.joint(pool)
            top = best(score, item, n)
            if self.is_true:
                return top, top.score[:, -1] >= lists.bound(pool)
            return top, lists.has(n)

        def rank_all(mixture: Mixture, added: Additions) -> Top:
            top = self.exact.pooled(mixture, pool, added, n)
            return best(top.score, top.item, n)

        return self._search(mixture, added, 2 * n, answer, rank_all)

    def each(self, mixture: Mixture, added: Additions, n: int) -> Top:
        """As `Search`."""

        def answer(lists: Lists) -> tuple[Top, Bool[Tensor, " B"]]:
            item, score = lists.of_each()
            return best(score, item, n), lists.has(n)

        def rank_all(mixture: Mixture, added: Additions) -> Top:
            top = self.exact.each(mixture, added, n)
            return best(top.score, top.item, n)

        return self._search(mixture, added, 2 * n, answer, rank_all)

    def _search(
        self, mixture: Mixture, added: Additions, m: int, answer: Answer, rank_all: Find
    ) -> Top:
        V = len(self.table) - 1
        B, K, _ = mixture.vectors.shape
        if self.is_true and (B > FEW or 2 * m * K > V):
            return rank_all(mixture, added)
        lists = self._lists(mixture, added, min(m, V))
        top, done = answer(lists)
        end = lists.end() | (m >= V)
        top = _replace(top, ~done & end, mixture, added, rank_all)
        longer = partial(self._search, m=4 * m, answer=answer, rank_all=rank_all)
        return _replace(top, ~done & ~end, mixture, added, longer)

    def _lists(self, mixture: Mixture, added: Additions, m: int) -> Lists:
        """The m nearest items of each interest; an interest of weight 0 sends no query."""
        B, K, _ = mixture.vectors.shape
        item = torch.full((B, K, m), PAD)
        sends = mixture.log_weight > -torch.inf
        item[sends] = self._nearest(mixture.vectors[sends], m)
        flat, memory = item.flatten(1), added.items(B)
        score = interest_scores(mixture, embedding(torch.cat([flat, memory], 1), self.table))
        return Lists(
            sends=sends,
            item=item,
            score=score[:, :, : K * m].unflatten(2, (K, m)),
            added=_of(added, flat).unflatten(1, (K, m)),
            memory=memory,
            memory_score=score[:, :, K * m :],
            memory_added=_of(added, memory),
        )

    def _nearest(self, vectors: Float[Tensor, "M D"], m: int) -> Int[Tensor, "M m"]:
        # of this thread: what one user's few queries would gain, the start of more threads costs
        load_faiss().omp_set_num_threads(1 if len(vectors) <= ONE_USER else torch.get_num_threads())
        _, row = self.index.search(vectors.contiguous().numpy(), m)
        return torch.from_numpy(row) + 1  # FAISS gives row -1 where it finds no more


def best(score: Float[Tensor, "*b M"], item: Int[Tensor, "*b M"], n: int) -> Top:
    """The n best of the items, best first; PAD with -inf where there are fewer."""
    short = max(0, n - score.shape[-1])
    score, place = pad(score, (0, short), value=-torch.inf).topk(n)
    item = pad(item, (0, short), value=PAD).gather(-1, place)
    return Top(score, item.masked_fill(score == -torch.inf, PAD))


def _of(added: Additions, item: Int[Tensor, "B M"]) -> Float[Tensor, "B M"]:
    """What is added to these items; -inf to PAD."""
    return added.of(item).masked_fill(item == PAD, -torch.inf)


def _replace(
    top: Top, users: Bool[Tensor, " B"], mixture: Mixture, added: Additions, find: Find
) -> Top:
    """The lists, those of some users by what `find` gives for them."""
    rows = users.nonzero()[:, 0]
    if not len(rows):
        return top
    parts = (mixture.vectors, mixture.routing, mixture.log_weight, mixture.weight)
    found = find(Mixture(*(part[rows] for part in parts)), added.select(rows, len(users)))
    return Top(top.score.index_copy(0, rows, found.score), top.item.index_copy(0, rows, found.item))
