"""Ways of drawing examples that are wrong on purpose."""

from dataclasses import replace

import torch

from bam.data.sampling.one_position import OnePosition
from bam.data.sampling.set import NextSet
from bam.records import Batch, Spans


class Wrong:
    """One position at a time, but for one thing."""

    def __init__(self, history_length):
        self.length = history_length
        self.right = OnePosition(history_length, 1)

    def groups(self, events, train, batch_size, generator):
        for group in self.right.groups(events, self.spans(train), batch_size, generator):
            yield (self.batch(batch) for batch in group)

    def spans(self, train):
        return train

    def batch(self, batch):
        return batch


class TargetInHistory(Wrong):
    """The target is the last item of its own history."""

    def batch(self, batch):
        history = batch.history.clone()
        history.view(-1)[batch.place] = batch.target
        return replace(batch, history=history, times=1000 * history)


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

    def batch(self, batch):
        last = batch.history.flatten()[batch.place][:, None]
        return Batch(last, 1000 * last, batch.target, torch.arange(len(last)))


class NewestFirst(Wrong):
    """The history runs backwards."""

    def batch(self, batch):
        count = (batch.history > 0).sum(1, keepdim=True)
        place = (count - 1 - torch.arange(batch.history.shape[1])).clamp(min=0)
        turned = batch.history.gather(1, place) * (batch.history > 0)
        return replace(batch, history=turned, times=1000 * turned)


class OfAnotherRow(Wrong):
    """Rows of histories and targets do not belong together."""

    def batch(self, batch):
        return replace(batch, history=batch.history.roll(1, 0), times=batch.times.roll(1, 0))


class TimesOfTheTargets(Wrong):
    """Each item has the time of the item after it: what is to be predicted is known."""

    def batch(self, batch):
        return replace(batch, times=batch.times + 1000 * (batch.times > 0))


class OwnGenerator(Wrong):
    """A global state decides what is drawn, and a run cannot be repeated."""

    def groups(self, events, train, batch_size, generator):
        return super().groups(events, train, batch_size, torch.default_generator)


class WrongSets(Wrong):
    """Sets of the next items, but for one thing."""

    def __init__(self, history_length):
        self.length = history_length
        self.right = NextSet(history_length, items=3, seconds=0, targets=3, group_by_length=1)


class SetOfAnotherUser(WrongSets):
    """The second target of each set is the second item of the data."""

    def batch(self, batch):
        second = batch.target_set[:, 1:2]
        target, known = (
            torch.where((ids == second) & (second > 0), 2, ids)
            for ids in (batch.target[:, None], batch.target_set)
        )
        return replace(batch, target=target[:, 0], target_set=known)


class ScattersSets(WrongSets):
    """The first targets of all histories, then the second ones."""

    def batch(self, batch):
        order = (batch.target_set == batch.target[:, None]).int().argmax(1).argsort(stable=True)
        target, place, known = (
            part[order] for part in (batch.target, batch.place, batch.target_set)
        )
        return replace(batch, target=target, place=place, target_set=known)


class ForgetsTheSet(WrongSets):
    """A target does not know the others of its history, and they are drawn as its negatives."""

    def batch(self, batch):
        return replace(batch, target_set=None)


class SkipsTheNext(WrongSets):
    """The set begins with the item after the next one."""

    def batch(self, batch):
        known = batch.target_set
        first = batch.target == known[:, 0]
        alone = (known > 0).sum(1) == 1
        kept = ~first | alone
        known = torch.where(
            alone[:, None], known, known.clone().index_fill(1, torch.tensor([0]), 0)
        )
        return replace(
            batch, target=batch.target[kept], place=batch.place[kept], target_set=known[kept]
        )


HISTORY = "check_a_history_is_what_came_before_its_target"
KNOWN = "check_the_targets_of_a_place_come_one_after_another_and_are_known_to_each_other"
REFUSED = {
    TargetInHistory: {HISTORY},
    DrawsValidTargets: {"check_a_target_is_a_training_target"},
    NeverTheFirst: {"check_every_training_target_is_drawn_some_time"},
    OneItem: {HISTORY},
    NewestFirst: {HISTORY},
    OfAnotherRow: {HISTORY},
    TimesOfTheTargets: {"check_the_times_are_those_of_the_history"},
    SetOfAnotherUser: {
        "check_the_targets_of_a_place_are_different_items_of_its_user_in_their_order"
    },
    ScattersSets: {KNOWN},
    ForgetsTheSet: {KNOWN},
    SkipsTheNext: {HISTORY, "check_every_training_target_is_drawn_some_time"},
    OwnGenerator: {"check_the_generator_decides_what_is_drawn"},
}
