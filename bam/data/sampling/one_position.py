"""One position of a user at a time, as BaM, ComiRec and REMI train (Lee et al., 2024)."""

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from bam.data.windows import bucket_by_length, window
from bam.errors import require
from bam.records import Batch, Interests, Spans


class OnePosition:
    """A user drawn uniformly, then one of his target positions; all that came before is history.

    `group_by_length` batches are drawn together, sorted by length and given in random order: each
    example is drawn as before, but meets others of its length, and little of a batch is padding.
    """

    def __init__(self, history_length: int, group_by_length: int):
        self.history_length, self.group_by_length = history_length, group_by_length

    def check(self, backbone: nn.Module) -> None:
        """Any backbone will do."""

    def groups(
        self, items: Int[Tensor, " N"], train: Spans, batch_size: int, generator: torch.Generator
    ) -> Iterator[Iterator[Batch]]:
        """Groups of batches, without end; the examples of a group are drawn together."""
        trained = (train.stop > train.cut).nonzero()[:, 0]
        require(len(trained) > 0, "some user must have two items to train on", len(trained))
        while True:
            drawn = batch_size * self.group_by_length
            user = trained[torch.randint(len(trained), (drawn,), generator=generator)]
            share = torch.rand(drawn, generator=generator, dtype=torch.float64)
            start, cut, stop = train.start[user], train.cut[user], train.stop[user]
            target = cut + (share * (stop - cut)).long()
            length = (target - start).clamp(max=self.history_length)
            one = torch.ones_like(length)
            rows = bucket_by_length(length, one, batch_size, self.group_by_length, generator)
            yield (self._batch(items, start[r], target[r]) for r in rows)

    def interests(
        self, backbone: nn.Module, items: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"],
        batch: Batch,
    ) -> Interests:  # fmt: skip
        """What the backbone makes of each whole history."""
        return backbone(items, real)

    def _batch(self, items: Tensor, start: Int[Tensor, " B"], target: Int[Tensor, " B"]) -> Batch:
        history = window(items, start, target, self.history_length)
        length = (target - start).clamp(max=self.history_length)
        place = torch.arange(len(length)) * history.shape[1] + length - 1
        device = items.device
        return Batch(history, items[target.to(device, non_blocking=True)].long(),
                     place.to(device, non_blocking=True))  # fmt: skip
