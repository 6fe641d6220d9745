"""Users of the training part whose histories are like this one vote for what is near in theirs.

Source: STAN (Garg et al., SIGIR 2019), and V-SKNN (Ludewig & Jannach, UMUAI 2018) for the weight of
rare items. Both know sessions: here a user's whole history is one, and times are not used.
"""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn

from bam.errors import require
from bam.model.additions import Additions
from bam.model.recency import recency
from bam.nn.ranges import ranges

CELLS = 2**22  # of what is held at once, to bound the memory: users are taken in turns


class Neighbours(nn.Module):
    """share(i) ~ (U / U(i))^rare sum_v sim(v) near(v, i), over the most similar users v.

    U users have items in the training part, U(i) of them met item i, and v has n(v) items there.
    sim(v) = sum_j gamma^j log(U / U(h_j)) [v met h_j] / sqrt(n(v)): h_0 is the last item of the
    history, h_1 the one before it, `last` of them. The `neighbours` users with the largest sim
    vote, and those who are level with the last of these. Of the h_j that v met, let c be the latest
    one of the history. near(v, i) = decay^(d - 1) if i came d items after c, d = 1..depth, and
    before decay^(d - 1) if it came d items before c; the last time that v met c counts. The shares
    of a history sum to 1, or there are none. If more than `most` users met an item, `most` of them
    are looked up, at equal distances in the order of the data.

    A user of the training part is its own best neighbour: a memory does not know who has the
    history. It votes for what it met in the training part, never for a target of validation or
    test; but a target of training would be found there.
    """

    begin: Int[Tensor, " V2"]  # who has met item a is in the places begin[a] to begin[a + 1] - 1
    user: Int[Tensor, " M"]
    place: Int[Tensor, " M"]  # where in `item` the user met it last
    rarity: Float[Tensor, " V1"]  # log(U / U(a))
    start: Int[Tensor, " U1"]  # the items of user v are in the places start[v] to start[v + 1] - 1
    item: Int[Tensor, " N"]

    holds_histories = True

    def __init__(
        self,
        num_items: int,
        training: Callable[[], tuple[Tensor, Tensor]],
        last: int,
        gamma: float,
        most: int,
        neighbours: int,
        depth: int,
        decay: float,
        before: float,
        rare: float,
    ):
        super().__init__()
        sizes = {"last": last, "most": most, "neighbours": neighbours, "depth": depth}
        for name, size in sizes.items():
            require(size >= 1, f"{name} must be at least 1", size)
        for name, factor in (("gamma", gamma), ("decay", decay)):
            require(0 < factor <= 1, f"{name} must be above 0 and at most 1", factor)
        for name, factor in (("before", before), ("rare", rare)):
            require(0 <= factor <= 1, f"{name} must be at least 0 and at most 1", factor)
        self.last, self.gamma, self.most, self.neighbours = last, gamma, most, neighbours
        self.wanted_depth, self.decay, self.before, self.rare = depth, decay, before, rare
        row, item = training()
        _, user, length = row.unique_consecutive(return_inverse=True, return_counts=True)
        place, met_by = last_met(user, item, num_items + 1)
        most = min(most, max(1, len(length)))
        place = place[spread(met_by, most)]
        # not saved with the weights: they are taken from the data set
        for name, value in {
            "begin": up_to(met_by.clamp(max=most)),
            "user": user[place].int(),
            "place": place,
            "rarity": (max(len(length), 1) / met_by.clamp(min=1)).log(),
            "start": up_to(length),
            "item": item.int(),
        }.items():
            self.register_buffer(name, value, persistent=False)

    def forward(self, history: Int[Tensor, "B L"]) -> Additions:
        if not len(self.item):
            return Additions.none(history.device)
        voters = min(self.neighbours, len(self.start))
        looked_up = min(self.last, history.shape[1]) * min(self.most, len(self.start))
        held = max(len(self.start), len(self.begin), looked_up, voters * 2 * self.depth)
        users = max(1, CELLS // held)
        firsts = range(0, len(history), users)
        parts = [self._shares(history[first : first + users], first) for first in firsts]
        return Additions.summed(*(torch.cat(part) for part in zip(*parts, strict=True)))

    @property
    def depth(self) -> int:
        """As wanted, but no more than there are items at all."""
        return min(self.wanted_depth, len(self.item))

    def _shares(
        self, history: Int[Tensor, "b L"], first: int
    ) -> tuple[Int[Tensor, " M"], Int[Tensor, " M"], Float[Tensor, " M"]]:
        """Row, item and share of some histories, of which `first` are before."""
        row, user, common, similarity = self._similar(history)
        lowest = torch.maximum(self.start[user], common - self.depth)
        highest = torch.minimum(self.start[user + 1] - 1, common + self.depth)
        source, place = ranges(lowest, highest - lowest + 1)
        nearness = self._near(history.device)
        vote = take(similarity, source) * take(nearness, place - take(common - self.depth, source))
        row, item, users = take(row, source), take(self.item, place).long(), len(history)
        vote = vote * take((self.rare * self.rarity).exp(), item)
        cell = item * users + row
        votes = vote.new_zeros(len(self.rarity) * users).index_add_(0, cell, vote)
        total = vote.new_zeros(users).index_add_(0, row, vote)
        cell = votes.nonzero()[:, 0]
        row, item = cell % users, cell // users
        return row + first, item, take(votes, cell) / take(total, row)

    def _similar(
        self, history: Int[Tensor, "b L"]
    ) -> tuple[Int[Tensor, " S"], Int[Tensor, " S"], Int[Tensor, " S"], Float[Tensor, " S"]]:
        """Of all neighbours: the row whose neighbour it is, the user, the place of c, sim."""
        recent = recency(history, self.last, self.gamma)
        row, column = recent.nonzero(as_tuple=True)
        head, users = history[row, column], len(self.start) - 1
        weight = recent[row, column] * self.rarity[head]
        source, entry = ranges(self.begin[head], self.begin[head + 1] - self.begin[head])
        key = take(row * users, source) + take(self.user, entry)
        total = weight.new_zeros(len(history) * users).index_add_(0, key, take(weight, source))
        similarity = total.view(len(history), users) * self.start.diff().float().rsqrt()
        least = similarity.topk(min(self.neighbours, users)).values.amin(1, keepdim=True)
        near = take((similarity >= least).flatten(), key).nonzero()[:, 0]
        # a history's items are in their order: of each of its neighbours, the last one is c
        key, order = key[near].sort(stable=True)
        key, times = key.unique_consecutive(return_counts=True)
        common = self.place[entry[near[order[times.cumsum(0) - 1]]]]
        return key // users, key % users, common, similarity.flatten()[key]

    def _near(self, device: torch.device) -> Float[Tensor, " W"]:
        """near(v, i) of the items from `depth` places before c to `depth` places after it."""
        far = self.decay ** torch.arange(self.depth, device=device).float()
        return torch.cat([self.before * far.flip(0), far.new_zeros(1), far])


def take(values: Shaped[Tensor, " V"], place: Int[Tensor, " M"]) -> Shaped[Tensor, " M"]:
    """values[place], several times as quick."""
    return values.index_select(0, place)


def last_met(
    user: Int[Tensor, " N"], item: Int[Tensor, " N"], ids: int
) -> tuple[Int[Tensor, " P"], Int[Tensor, " V1"]]:
    """Where each user met each of its items last, item by item; how many users have met each."""
    order = item.argsort(stable=True)
    pair = torch.stack([item[order], user[order]])
    _, times = pair.unique_consecutive(dim=1, return_counts=True)
    place = order[times.cumsum(0) - 1]
    return place, torch.bincount(item[place], minlength=ids)


def spread(length: Int[Tensor, " R"], most: int) -> Bool[Tensor, " P"]:
    """Of lists that follow each other, at most `most` places of each, at equal distances."""
    source, rank = ranges(torch.zeros_like(length), length)
    length = length[source]
    return (rank + 1) * most // length > rank * most // length


def up_to(length: Int[Tensor, " R"]) -> Int[Tensor, " R1"]:
    """Where each of these lists begins, and the last one ends."""
    return torch.cat([length.new_zeros(1), length.cumsum(0)])
