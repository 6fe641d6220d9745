"""Train and validation as one training part, for a training after everything was chosen."""

from dataclasses import replace

import torch

from bam.records import Spans, Split


def with_validation(split: Split) -> Split:
    """The split whose training part has the validation targets, too; the test part stays.

    A user's training span goes on to the end of the validation span. A user who only validates
    trains as the others do, also with the history: any item but the first is a target. So with
    `unseen_users` the validation users train with all their items, and with `time_cut` a user adds
    the validation targets alone, at most `num_targets`.
    """
    train, valid = split.train, split.valid
    order = train.start.argsort(stable=True)
    # an empty span begins where the next user's does: the last of those with one start is meant
    place = torch.searchsorted(train.start[order], valid.start, right=True) - 1
    row = order[place.clamp(min=0)]
    known = (place >= 0) & (train.start[row] == valid.start)
    row, new = row[known], valid.start[~known]
    cut, stop = train.cut.clone(), train.stop.clone()
    cut[row] = torch.maximum(cut[row], train.start[row] + 1)  # a user who had nothing to train
    stop[row] = torch.maximum(stop[row], valid.stop[known])
    joined = Spans(
        start=torch.cat([train.start, new]),
        cut=torch.cat([cut, new + 1]),
        stop=torch.cat([stop, valid.stop[~known]]),
    )
    return replace(split, train=joined)
