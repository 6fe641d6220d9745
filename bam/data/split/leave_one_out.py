"""Leave-one-out in time order: a user's last item tests, the last but one validates."""

import logging

from bam.errors import Mistake
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)
FEWEST = 3  # one item to look back on, one to validate, one to test


class LeaveOneOut:
    """Users with fewer than three items are dropped and counted in the log.

    The rest validate and test; those with four or more also train.
    """

    def __call__(self, interactions: Interactions) -> Split:
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        length = stop - start
        kept = length >= FEWEST
        dropped = len(kept) - int(kept.sum())
        if dropped:
            log.warning(
                "%d of %d users have fewer than %d items and are dropped",
                dropped,
                len(kept),
                FEWEST,
            )
            start, stop, length = start[kept], stop[kept], length[kept]
        if not bool((length > FEWEST).any()):
            raise Mistake(
                f"{interactions.name}: no user has the {FEWEST + 1} items that training, "
                "validation and test need together"
            )
        del length  # each array once: with millions of users they are what takes memory
        last, last_but_one = stop - 1, stop - 2
        return Split(
            train=Spans(start, start + 1, last_but_one),
            valid=Spans(start, last_but_one, last),
            test=Spans(start, last, stop),
        )
