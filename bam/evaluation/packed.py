"""Ranks by the functions of bam/nn/kernels/ranking.c, which store no score."""

import ctypes
from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor

from bam.evaluation.contest import Contest, Standing
from bam.evaluation.ranking import Top, alone
from bam.nn.compiled import call, compiled, suits
from bam.records import Mixture

WIDEST = 32  # items of a panel on any processor


@dataclass(frozen=True)
class Packed:
    """On a CPU, where the best interest scores an item.

    Scores are those of float64, so that ranks are the same on every processor. Items are in the
    order of their norms, the largest first: those of a panel are alike, and the best come early.
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
        rank, top = self._rank(mixture, contest, contest.own(score), length)
        return Standing(rank, self._alone(mixture, contest) if each else None, top)

    def _alone(self, mixture: Mixture, contest: Contest) -> Int[Tensor, "B K T"]:
        """The rank of each target under each interest alone."""
        K, apart = mixture.vectors.shape[1], alone(mixture)
        score, _ = self._scores(apart, contest.target.repeat_interleave(K, 0))
        own = contest.own(rearrange(score, "(B K) T -> K B T", K=K))
        rank, _ = self._rank(apart, contest, rearrange(own, "K B T -> (B K) T"), 0)
        return rearrange(rank, "(B K) T -> B K T", K=K)

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
        self, mixture: Mixture, contest: Contest, own: Float[Tensor, "R T"], length: int
    ) -> tuple[Int[Tensor, "R T"], Top]:
        """The rank and the list of each row of the mixture, of which a user may have several."""
        target, seen, added = contest.target, contest.seen, contest.added
        own = own.contiguous()
        below, V, (R, T) = torch.empty_like(own, dtype=torch.int64), len(self.order), own.shape
        top = Top(own.new_empty(R, length), below.new_empty(R, length))
        call(
            self.kernel.rank_items,
            *(R, *mixture.vectors.shape[1:], T, length, V, R // len(target)),
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


def round_up(n: int, step: int) -> int:
    """The smallest multiple of `step` that is at least n."""
    return -(-n // step) * step
