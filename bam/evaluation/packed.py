"""Ranks by the functions of bam/nn/kernels/ranking.c, which store no score."""

import ctypes
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.contest import Contest, Standing
from bam.evaluation.ranking import alone
from bam.evaluation.top import Top
from bam.nn.compiled import call, compiled, round_up, suits
from bam.records import Mixture

WIDEST = 32  # items of a panel on any processor


@dataclass(frozen=True)
class Packed:
    """On a CPU, where the best interest scores an item.

    Scores are those of float64, so that ranks are the same on every processor. Items are in the
    order of their norms, the largest first: the error of rounding is about the same for all items
    of a panel, and the best items come early.
    """

    kernel: ctypes.CDLL
    order: Int[Tensor, " V1"]  # the item at each place
    place: Int[Tensor, " V1"]  # of each item
    rows: Float[Tensor, "V1 D8"]  # of the table, in this order, with zeros to a multiple of 8
    panels: Int[Tensor, " _"]  # the rows again, rounded
    norm: Float[Tensor, " P"]  # the largest of a panel
    change: Float[Tensor, " P"]  # the norm of what rounding has changed, the largest of a panel

    @staticmethod
    def of(table: Float[Tensor, "V1 D"]) -> "Packed | None":
        """A copy of the table; None where the kernel cannot be compiled, or cannot read it."""
        kernel = compiled("ranking")
        if not kernel or not suits(table):
            return None
        order = table.norm(dim=1).argsort(descending=True, stable=True)
        V, D = table.shape
        packed = Packed(
            kernel,
            order,
            torch.empty_like(order).scatter_(0, order, torch.arange(V)),
            torch.empty(V, round_up(D, 8)),
            torch.empty(round_up(V, WIDEST) * D, dtype=torch.int32),  # what is not used is free
            torch.empty(round_up(V, WIDEST)),
            torch.empty(round_up(V, WIDEST)),
        )
        out = packed.rows, packed.panels, packed.norm, packed.change
        call(kernel.pack_items, V, D, table, order, *out)
        return packed

    def rank(self, mixture: Mixture, contest: Contest, length: int, each: bool) -> Standing:
        """As `Ranker`."""
        score, _ = self._scores(mixture, contest.target)
        own = contest.own(score)[:, None]
        if each:
            own = torch.cat([own, self._own_of_each(mixture, contest)], 1)
        rank, top = self._rank(mixture, contest, own.contiguous(), length)
        return Standing(rank[:, 0], rank[:, 1:] if each else None, top)

    def _own_of_each(self, mixture: Mixture, contest: Contest) -> Float[Tensor, "B K T"]:
        """What each interest gives the targets."""
        K = mixture.vectors.shape[1]
        score, _ = self._scores(alone(mixture), contest.target.repeat_interleave(K, 0))
        own = contest.own(rearrange(score, "(B K) T -> K B T", K=K))
        return rearrange(own, "K B T -> B K T")

    def winners(self, mixture: Mixture, item: Int[Tensor, "B n"]) -> Int[Tensor, "B n"]:
        """As `Ranker`."""
        return self._scores(mixture, item)[1]

    def _scores(
        self, mixture: Mixture, item: Int[Tensor, "B n"]
    ) -> tuple[Float[Tensor, "B n"], Int[Tensor, "B n"]]:
        """What these items score, and the interest that scores each of them highest."""
        B, K, D = mixture.vectors.shape
        score = torch.empty(item.shape, dtype=torch.float64)
        winner, n = torch.empty_like(item), item.shape[1]
        place = self.place[item]
        call(self.kernel.score_items, B, K, D, n, *given(mixture), self.rows, place, score, winner)
        return score, winner

    def _rank(
        self, mixture: Mixture, contest: Contest, own: Float[Tensor, "B W T"], length: int
    ) -> tuple[Int[Tensor, "B W T"], Top]:
        """The rank of each target by the best interest, and if W is K + 1 by each; and the list."""
        target, seen, added = contest.target, contest.seen, contest.added
        (B, ways, T), V = own.shape, len(self.order)
        below = torch.empty_like(own, dtype=torch.int64)
        top = Top(own.new_empty(B, length), below.new_empty(B, length))
        call(
            self.kernel.rank_items,
            *(*mixture.vectors.shape, T, length, V, ways),
            *given(mixture),
            *(self.rows, self.order, self.place, self.panels, self.norm, self.change),
            *(target, own),
            *(len(seen.item), seen.row, seen.item, seen.score),
            *(len(added.item), added.row, added.item, added.score),
            *(below, top.score, top.item),
        )
        return V - below, top


def given(mixture: Mixture) -> tuple[Tensor, Tensor]:
    """Vectors and log weights, as the kernel reads them."""
    return mixture.vectors.contiguous(), mixture.log_weight.double().contiguous()
