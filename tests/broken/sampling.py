"""Ways of drawing examples that are wrong on purpose."""

from dataclasses import replace

import torch

from bam.data.sampling.one_position import OnePosition
from bam.records import Batch, Spans


class Wrong:
    """One position at a time, but for one thing."""

    def __init__(self, history_length):
        self.length = history_length
        self.right = OnePosition(history_length, 1)

    def groups(self, items, train, batch_size, generator):
        for group in self.right.groups(items, self.spans(train), batch_size, generator):
            yield (self.batch(items, batch) for batch in group)

    def spans(self, train):
        return train

    def batch(self, items, batch):
        return batch


class TargetInHistory(Wrong):
    """The target is the last item of its own history."""

    def batch(self, items, batch):
        history = batch.history.clone()
        history.view(-1)[batch.place] = batch.target
        return replace(batch, history=history)


class DrawsValidTargets(Wrong):
    """Targets go on to the item that validates."""

    def spans(self, train):
        return Spans(train.start, train.cut, train.stop + (train.stop > train.cut).int())


class NeverTheFirst(Wrong):
    """The second item of a user is never a target."""

    def spans(self, train):
        return Spans(train.start, (train.cut + 1).clamp(max=train.stop), train.stop)


class OneItem(Wrong):
    """Of every history the last item alone is kept."""

    def batch(self, items, batch):
        last = batch.history.flatten()[batch.place][:, None]
        return Batch(last, batch.target, torch.arange(len(last)))


class NewestFirst(Wrong):
    """The history runs backwards."""

    def batch(self, items, batch):
        count = (batch.history > 0).sum(1, keepdim=True)
        place = (count - 1 - torch.arange(batch.history.shape[1])).clamp(min=0)
        turned = batch.history.gather(1, place) * (batch.history > 0)
        return replace(batch, history=turned)


class OfAnotherRow(Wrong):
    """Rows of histories and targets do not belong together."""

    def batch(self, items, batch):
        return replace(batch, history=batch.history.roll(1, 0))


class OwnGenerator(Wrong):
    """A global state decides what is drawn, and a run cannot be repeated."""

    def groups(self, items, train, batch_size, generator):
        return super().groups(items, train, batch_size, torch.default_generator)


HISTORY = "check_a_history_is_what_came_before_its_target"
REFUSED = {
    TargetInHistory: {HISTORY},
    DrawsValidTargets: {"check_a_target_is_a_training_target"},
    NeverTheFirst: {"check_every_training_target_is_drawn_some_time"},
    OneItem: {HISTORY},
    NewestFirst: {HISTORY},
    OfAnotherRow: {HISTORY},
    OwnGenerator: {"check_the_generator_decides_what_is_drawn"},
}
