"""One position of a user at a time, as BaM, ComiRec and REMI train (Lee et al., 2024)."""

from collections.abc import Iterator

import torch
from jaxtyping import Int
from torch import Tensor, nn

from bam.data.windows import bucket_by_length, windows
from bam.errors import require
from bam.records import Batch, Events, Histories, Interests, Spans


class OnePosition:
    """Draws a user uniformly, then one of the user's targets; the history is all before it.

    `group_by_length` batches are drawn together, sorted by the length of the history, and trained
    in random order. Each example is drawn as before, but its batch has histories of similar length,
    and so little padding. 1 is no sorting.
    """

    def __init__(self, history_length: int, group_by_length: int):
        self.history_length, self.group_by_length = history_length, group_by_length

    def check(self, backbone: nn.Module) -> None:
        """Every backbone is accepted."""

    def groups(
        self, events: Events, train: Spans, batch_size: int, generator: torch.Generator
    ) -> Iterator[Iterator[Batch]]:
        """Groups of `group_by_length` batches, without end; a group is drawn at once.

        Raises:
            Mistake: no user has a target to train on.
        """
        count = batch_size * self.group_by_length
        for start, target, _ in draw_targets(train, count, generator):
            length = (target - start).clamp(max=self.history_length)
            one = torch.ones_like(length)
            rows = bucket_by_length(length, one, batch_size, self.group_by_length, generator)
            yield (self._batch(events, start[r], target[r]) for r in rows)

    def interests(self, backbone: nn.Module, histories: Histories, batch: Batch) -> Interests:
        """The backbone's interests of each whole history."""
        return backbone(histories)

    def _batch(self, events: Events, start: Int[Tensor, " B"], target: Int[Tensor, " B"]) -> Batch:
        history, times = windows(events, start, target, self.history_length)
        length = (target - start).clamp(max=self.history_length)
        place = torch.arange(len(length)) * history.shape[1] + length - 1
        target, place = (t.to(history.device, non_blocking=True) for t in (target, place))
        return Batch(history, times, events.items[target].long(), place)


def draw_targets(
    train: Spans, count: int, generator: torch.Generator
) -> Iterator[tuple[Int[Tensor, " M"], Int[Tensor, " M"], Int[Tensor, " M"]]]:
    """Of `count` users drawn uniformly: the start, one of the targets, and the stop; without end.

    Raises:
        Mistake: no user has a target to train on.
    """
    users = (train.stop > train.cut).nonzero()[:, 0]
    require(len(users) > 0, "some user must have two items to train on", len(users))
    while True:
        user = users[torch.randint(len(users), (count,), generator=generator)]
        share = torch.rand(count, generator=generator, dtype=torch.float64)
        start, cut, stop = train.start[user], train.cut[user], train.stop[user]
        yield start, cut + (share * (stop - cut)).long(), stop
