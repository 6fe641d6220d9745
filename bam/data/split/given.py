"""The split that a source has already: its files of train, valid and test."""

import logging

import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)
TRAIN, VALID, TEST = 0, 1, 2


class Given:
    """Every item is a target of the part whose file it is in, after all items of earlier parts.

    In training the history has the earlier items of the part, too. The validation targets of a user
    are one set, with the training items as history; the test targets are one set after both. A
    user's first item has no history, so it is no target; a user without another one in a part is
    not in that part.
    """

    def __call__(self, interactions: Interactions) -> Split:
        """Split the data.

        Raises:
            Mistake: the source had no files of train, valid and test, or a part has no target.
        """
        name = interactions.name
        if not len(interactions.part):
            raise Mistake(
                f"split must be another than given: {name} was not prepared from files of train, "
                "valid and test"
            )
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        train, valid, test = (_first_of(interactions, part) for part in (TRAIN, VALID, TEST))
        split = Split(
            train=Spans(start, torch.minimum(torch.maximum(start + 1, train), valid), valid),
            valid=_evaluation_spans(start, valid, test),
            test=_evaluation_spans(start, test, stop),
        )
        num_train = int((split.train.stop > split.train.cut).sum())
        num_valid, num_test = len(split.valid.start), len(split.test.start)
        line = "of %d users %d train, %d validate and %d test, as the files give them"
        log.info(line, len(start), num_train, num_valid, num_test)
        several = int((split.test.stop - split.test.cut > 1).sum())
        if several:
            line = (
                "%d users have several test targets: what comes before the first is their history"
            )
            log.info(line, several)
        if not (num_train and num_valid and num_test):
            raise Mistake(f"{name}: a part has no target with a history; choose another split")
        return split


def _evaluation_spans(
    start: Int[Tensor, " U"], cut: Int[Tensor, " U"], stop: Int[Tensor, " U"]
) -> Spans:
    with_history = torch.maximum(cut, start + 1)
    kept = stop > with_history
    return Spans(start[kept], with_history[kept], stop[kept])


def _first_of(interactions: Interactions, part: int) -> Int[Tensor, " U"]:
    """Where each user's first item of the part or of a later one is; parts rise."""
    earlier = (interactions.part < part).cumsum(0)
    before = torch.cat([torch.zeros(1, dtype=torch.int64), earlier])
    start, stop = interactions.offsets[:-1], interactions.offsets[1:]
    return start + before[stop] - before[start]
