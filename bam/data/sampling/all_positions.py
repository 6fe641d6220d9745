"""Every position of a window at once, as SASRec trains (Kang, McAuley, ICDM 2018)."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor, nn

from bam.data.windows import bucket_by_length, windows
from bam.errors import require
from bam.records import Batch, Events, Histories, Interests, Spans


@runtime_checkable
class Causal(Protocol):
    """A backbone that gives the interests after each position, from the items up to it."""

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests: ...


class AllPositions:
    """Windows of up to `history_length` items; each item predicts the next one.

    A user's sequence is cut into windows from its end. The latest `windows` of them are trained, or
    all of them with 0; each once an epoch. SASRec trains 1, so that users with long sequences count
    no more than others. The loss is a mean over targets: a long window counts more than a short
    one. `group_by_length` is as in bam.data.sampling.one_position; the batches of a group have
    `batch_size` windows on average, and equally many targets.

    Raises:
        Mistake: `windows` is below 0.
    """

    def __init__(self, history_length: int, windows: int, group_by_length: int):
        require(windows >= 0, "windows must be at least 0", windows)
        self.history_length, self.windows = history_length, windows
        self.group_by_length = group_by_length

    def check(self, backbone: nn.Module) -> None:
        """Refuse a backbone that is not causal: its interests would know the targets."""
        causal = isinstance(backbone, Causal)
        name = type(backbone).__name__
        require(causal, "sampling=all_positions needs a causal backbone", name)

    def groups(
        self, events: Events, train: Spans, batch_size: int, generator: torch.Generator
    ) -> Iterator[Iterator[Batch]]:
        """Epochs, without end; each is the batches of its shuffled windows.

        Raises:
            Mistake: no user has a target to train on.
        """
        begin, first, stop = cut_windows(train, self.history_length, self.windows)
        require(len(first) > 0, "some user must have two items to train on", len(first))
        while True:
            order = torch.randperm(len(first), generator=generator)
            length, size = (stop - begin - 1)[order], (stop - first)[order]
            rows = bucket_by_length(length, size, batch_size, self.group_by_length, generator)
            yield (
                self._batch(events, *(part[order[r]] for part in (begin, first, stop)))
                for r in rows
            )

    def interests(self, backbone: Causal, histories: Histories, batch: Batch) -> Interests:
        """The backbone's interests of the history before each target."""
        return backbone.at(histories, batch.place)

    def _batch(
        self,
        events: Events,
        begin: Int[Tensor, " B"],
        first: Int[Tensor, " B"],
        stop: Int[Tensor, " B"],
    ) -> Batch:
        history, times = windows(events, begin, stop - 1, self.history_length)
        target = begin[:, None] + 1 + torch.arange(history.shape[1])
        real = ((target >= first[:, None]) & (target < stop[:, None])).flatten()
        place = real.nonzero()[:, 0]  # on the host, so that no device is waited for
        target = target.flatten()[place]
        target, place = (t.to(history.device, non_blocking=True) for t in (target, place))
        return Batch(history, times, events.items[target].long(), place)


def cut_windows(
    train: Spans, length: int, most: int
) -> tuple[Int[Tensor, " W"], Int[Tensor, " W"], Int[Tensor, " W"]]:
    """The items `begin[w]..stop[w]-1` of each window, of which those from `first[w]` are targets.

    At most `length` are, from the end backwards; what came before them is history, as far as
    `length` goes. The first item of a sequence is never a target. At most `most` windows a user, or
    all with 0.
    """
    earliest = torch.maximum(train.cut, train.start + 1)
    count = ((train.stop - earliest).clamp(min=0) + length - 1) // length
    count = count.clamp(max=most) if most else count
    user = torch.arange(len(count)).repeat_interleave(count)
    turn = torch.arange(len(user)) - (count.cumsum(0) - count)[user]
    stop = train.stop[user] - turn * length
    begin = torch.maximum(train.start[user], stop - 1 - length)
    return begin, torch.maximum(earliest[user], stop - length), stop
