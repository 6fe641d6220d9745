"""Which item follows which: counts of the training part.

Source: the weighted counts of PCTM and SeqRules (Petrov et al., RecSys 2026). Beside them: the
shares of a history's last items are mixed before a logarithm is taken of them, so that items which
follow several of them gain; shares are not smoothed; popularity is left to the model.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.model.additions import Additions
from bam.model.recency import recency
from bam.nn.ranges import ranges


class Transitions(nn.Module):
    """share(i) = sum_j g_j P(i | h_j), g_j in proportion to gamma^j.

    h_0 is the last item of the history, h_1 the one before it, `last` of them; the g_j that a
    history has sum to 1. P(b | a) = N(a, b) / sum_i N(a, i), and N(a, b) = sum_d decay^(d - 1)
    (how often b came d items after a, d = 1..depth). Of each a only the `most` largest P are kept.
    """

    begin: Int[Tensor, " V2"]  # what followed item a is in the places begin[a] to begin[a + 1] - 1
    item: Int[Tensor, " M"]
    share: Float[Tensor, " M"]  # P

    holds_histories = False

    def __init__(
        self,
        num_items: int,
        training: Callable[[], tuple[Tensor, Tensor]],
        depth: int,
        decay: float,
        most: int,
        last: int,
        gamma: float,
    ):
        super().__init__()
        for name, number in (("depth", depth), ("most", most), ("last", last)):
            require(number >= 1, f"{name} must be at least 1", number)
        for name, factor in (("decay", decay), ("gamma", gamma)):
            require(0 < factor <= 1, f"{name} must be above 0 and at most 1", factor)
        self.last, self.gamma = last, gamma
        ids = num_items + 1
        begin, item, share = prune(*count(*training(), ids, depth, decay), ids, most)
        # not saved with the weights: they are computed from the data set
        self.register_buffer("begin", begin, persistent=False)
        self.register_buffer("item", item, persistent=False)
        self.register_buffer("share", share, persistent=False)

    def forward(self, history: Int[Tensor, "B L"]) -> Additions:
        weight = recency(history, self.last, self.gamma)
        weight = weight / weight.sum(1, keepdim=True)
        row, column = (weight > 0).nonzero(as_tuple=True)
        head, weight = history[row, column], weight[row, column]
        source, place = ranges(self.begin[head], self.begin[head + 1] - self.begin[head])
        parts = weight[source] * self.share[place]
        return Additions.summed(row[source], self.item[place].long(), parts)


def count(
    user: Int[Tensor, " N"], item: Int[Tensor, " N"], ids: int, depth: int, decay: float
) -> tuple[Int[Tensor, " P"], Float[Tensor, " P"]]:
    """N(a, b) of each pair that occurs; a pair is the number a ids + b, and pairs rise."""
    pairs, weights = [item[:0]], [torch.zeros(0, dtype=torch.float64)]
    longest = int(torch.bincount(user, minlength=1).max())
    for d in range(1, min(depth + 1, longest)):
        same = user[:-d] == user[d:]
        pair, times = (item[:-d] * ids + item[d:])[same].unique(return_counts=True)
        pairs.append(pair)
        weights.append(times * decay ** (d - 1))
    pair, place = torch.cat(pairs).unique(return_inverse=True)
    total = torch.zeros(len(pair), dtype=torch.float64)
    return pair, total.index_add_(0, place, torch.cat(weights).double())


def prune(
    pair: Int[Tensor, " P"], counted: Float[Tensor, " P"], ids: int, most: int
) -> tuple[Int[Tensor, " V2"], Int[Tensor, " M"], Float[Tensor, " M"]]:
    """Of each item the followers with the `most` largest shares; of equal ones the smaller id."""
    head = pair // ids
    share = counted / torch.zeros(ids, dtype=torch.float64).index_add_(0, head, counted)[head]
    order = share.argsort(descending=True, stable=True)
    order = order[head[order].argsort(stable=True)]
    begin = torch.searchsorted(head, torch.arange(ids + 1))
    rank = torch.arange(len(order)) - begin[head]  # heads are in the same places before and after
    kept = order[rank < most]
    begin = torch.searchsorted(head[kept], torch.arange(ids + 1))
    return begin, (pair[kept] % ids).int(), share[kept].float()
