"""The next items of a user as one set of targets (MIMA, arXiv 2609.12842; SetMIR, 2608.30251)."""

from collections.abc import Iterator

import torch
from jaxtyping import Int
from torch import Tensor, nn

from bam.data.sampling.one_position import draw_targets
from bam.data.windows import bucket_by_length, came_before, windows
from bam.errors import require
from bam.records import PAD, Batch, Events, Histories, Interests, Spans


class NextSet:
    """Draws a user uniformly, then one of the user's targets; those that follow it join its set.

    A set is of the next `items` items, within `seconds` of the first of them (0: no limit), and
    never of items that validate or test. An item that returns is one target. Of more than
    `targets` the next item and a random draw of the others are kept; so `items` above `targets`
    looks further ahead. The history is all before the set. Histories of a batch have different
    numbers of targets, and the loss is a mean over targets. `group_by_length` is as in
    bam.data.sampling.one_position.

    Raises:
        Mistake: `items` or `targets` is below 1, or `seconds` below 0.
    """

    def __init__(
        self, history_length: int, items: int, seconds: int, targets: int, group_by_length: int
    ):
        require(items >= 1, "items must be at least 1", items)
        require(seconds >= 0, "seconds must be at least 0", seconds)
        require(targets >= 1, "targets must be at least 1", targets)
        self.history_length, self.items, self.seconds = history_length, items, seconds
        self.targets, self.group_by_length = targets, group_by_length
        self.without_times = "sampling.seconds=0" if seconds else ""

    def check(self, backbone: nn.Module) -> None:
        """Every backbone is accepted."""

    def groups(
        self, events: Events, train: Spans, batch_size: int, generator: torch.Generator
    ) -> Iterator[Iterator[Batch]]:
        """Groups of `group_by_length` batches, without end; a group is drawn at once.

        Raises:
            Mistake: no user has a target to train on.
        """
        host = Events(events.items.cpu(), events.times.cpu())  # sets differ in size: found there
        count = batch_size * self.group_by_length
        for start, first, stop in draw_targets(train, count, generator):
            sets = self._sets(host, first, stop, generator)
            length = (first - start).clamp(max=self.history_length)
            size = (sets != PAD).sum(1)
            rows = bucket_by_length(length, size, batch_size, self.group_by_length, generator)
            yield (self._batch(events, start[r], first[r], sets[r]) for r in rows)

    def interests(self, backbone: nn.Module, histories: Histories, batch: Batch) -> Interests:
        """The backbone's interests of each whole history, once for each of its targets."""
        found = backbone(histories)
        row = batch.place // histories.real.shape[1]
        parts = (found.vectors, found.routing, found.summary)
        return Interests(*(part.index_select(0, row) for part in parts))

    def _sets(
        self,
        events: Events,
        first: Int[Tensor, " M"],
        stop: Int[Tensor, " M"],
        generator: torch.Generator,
    ) -> Int[Tensor, "M T"]:
        """The ids of each set in their order, PAD at the end or between them."""
        stop = torch.minimum(stop, first + self.items)
        place = first[:, None] + torch.arange(int((stop - first).max()))
        real = place < stop[:, None]
        place = torch.where(real, place, first[:, None])
        if self.seconds:
            real &= events.times[place] <= events.times[first][:, None] + self.seconds
        items = events.items[place].long() * real
        items = items * ~came_before(items)
        if items.shape[1] <= self.targets:
            return items
        order = torch.rand(items.shape, generator=generator).masked_fill(items == PAD, 2)
        order[:, 0] = -1
        kept = order.topk(self.targets, largest=False).indices.sort().values
        return items.gather(1, kept)

    def _batch(
        self,
        events: Events,
        start: Int[Tensor, " B"],
        first: Int[Tensor, " B"],
        sets: Int[Tensor, "B T"],
    ) -> Batch:
        history, times = windows(events, start, first, self.history_length)
        length = (first - start).clamp(max=self.history_length)
        row, column = (sets != PAD).nonzero(as_tuple=True)
        place = row * history.shape[1] + length[row] - 1
        parts = (sets[row, column], place, sets[row])
        target, place, target_set = (t.to(history.device, non_blocking=True) for t in parts)
        return Batch(history, times, target, place, target_set)
