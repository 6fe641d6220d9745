"""Leave-one-out in time order: a user's last item tests, the second-to-last validates."""

import logging

from bam.errors import Mistake
from bam.records import Interactions, Spans, Split

log = logging.getLogger(__name__)
MIN_ITEMS = 3  # one item of history, one to validate, one to test


class LeaveOneOut:
    """Users with fewer than three items are dropped, and counted in the log.

    All others validate and test; those with four or more items also train.
    """

    def __call__(self, interactions: Interactions) -> Split:
        """Split the data.

        Raises:
            Mistake: no user has four items.
        """
        start, stop = interactions.offsets[:-1], interactions.offsets[1:]
        length = stop - start
        usable = length >= MIN_ITEMS
        dropped = len(usable) - int(usable.sum())
        if dropped:
            line = "%d of %d users have fewer than %d items and are dropped"
            log.warning(line, dropped, len(usable), MIN_ITEMS)
            start, stop, length = start[usable], stop[usable], length[usable]
        if not bool((length > MIN_ITEMS).any()):
            raise Mistake(
                f"{interactions.name}: no user has the {MIN_ITEMS + 1} items that training, "
                "validation and test need together; choose another data set or other filters"
            )
        del length  # with millions of users these arrays are most of the memory
        last, second_to_last = stop - 1, stop - 2
        return Split(
            train=Spans(start, start + 1, second_to_last),
            valid=Spans(start, second_to_last, last),
            test=Spans(start, last, stop),
        )
