"""One position of a user at a time, as BaM, ComiRec and REMI train (Lee et al., 2024)."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.data.windows import bucket_by_length, window
from bam.errors import require
from bam.records import Batch, Interests, Spans


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
        self, items: Int[Tensor, " N"], train: Spans, batch_size: int, generator: torch.Generator
    ) -> Iterator[Iterator[Batch]]:
        """Groups of `group_by_length` batches, without end; a group is drawn at once.

        Raises:
            Mistake: no user has a target to train on.
        """
        users = (train.stop > train.cut).nonzero()[:, 0]
        require(len(users) > 0, "some user must have two items to train on", len(users))
        while True:
            count = batch_size * self.group_by_length
            user = users[torch.randint(len(users), (count,), generator=generator)]
            share = torch.rand(count, generator=generator, dtype=torch.float64)
            start, cut, stop = train.start[user], train.cut[user], train.stop[user]
            target = cut + (share * (stop - cut)).long()
            length = (target - start).clamp(max=self.history_length)
            one = torch.ones_like(length)
            rows = bucket_by_length(length, one, batch_size, self.group_by_length, generator)
            yield (self._batch(items, start[r], target[r]) for r in rows)

    def interests(
        self,
        backbone: nn.Module,
        items: Float[Tensor, "B L D"],
        real: Bool[Tensor, "B L"],
        batch: Batch,
    ) -> Interests:
        """The backbone's interests of each whole history."""
        return backbone(items, real)

    def _batch(
        self, items: Int[Tensor, " N"], start: Int[Tensor, " B"], target: Int[Tensor, " B"]
    ) -> Batch:
        history = window(items, start, target, self.history_length)
        length = (target - start).clamp(max=self.history_length)
        place = torch.arange(len(length)) * history.shape[1] + length - 1
        target, place = (t.to(items.device, non_blocking=True) for t in (target, place))
        return Batch(history, items[target].long(), place)
