"""How many threads torch computes with: the quickest number, measured while the work is done."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median_low
from typing import Generic, TypeVar

import torch

Item = TypeVar("Item")
TRIAL = 2  # items of a trial
HOPELESS = 3  # times as long as with the present count: the trial ends
SHARE = 0.02  # of the time goes to trials of other counts


def thread_counts(threads: int, adaptive: bool) -> list[int]:
    """The counts to choose from: `threads` alone; for 0 the number of cores that torch has found,
    and where it is adaptive also the powers of two below.
    """
    most = threads or torch.get_num_threads()
    if threads or not adaptive:
        return [most]
    return [2**i for i in range(most.bit_length()) if 2**i < most] + [most]


def use_threads(count: int) -> None:
    """Let torch compute with this number of threads from now on; 0 changes nothing."""
    if count:
        torch.set_num_threads(count)


class Pace:
    """Chooses one of several thread counts for each item of a work, by the time that items take.

    It begins with the largest count, tries the next smaller and the next larger one for a few
    items, keeps the quickest, and tries again when such trials have taken no more than SHARE of
    the time. So a process that comes or goes on the same cores changes the count within seconds.
    The quickest count of one work is the first of the next.
    """

    def __init__(self, counts: list[int]):
        self.counts, self.best = counts, counts[-1]
        self._recent: deque[float] = deque(maxlen=8)  # seconds of items with the best count
        self._plan: list[int] = []  # the counts of the items of a trial that are still to come
        self._tried: dict[int, list[float]] = {}
        self._cost, self._saved = 0.0, 0.0  # seconds of the last trial, and for the next one

    def over(self, work: Iterable[Item]) -> Iterator[Item]:
        """The items of this work, each with the chosen count; the count before returns at the end.

        What is done between two items is timed, and so is not what makes them.
        """
        self._recent.clear()  # another work, other times
        self._plan, self._tried = [], {}
        before = torch.get_num_threads()
        try:
            for item in work:
                count = self._plan[0] if self._plan else self.best
                torch.set_num_threads(count)
                began = time.perf_counter()
                yield item
                self._record(count, time.perf_counter() - began)
        finally:
            torch.set_num_threads(before)

    def _record(self, count: int, seconds: float) -> None:
        if self._plan:
            self._plan.pop(0)
            self._tried.setdefault(count, []).append(seconds)
            if seconds > HOPELESS * median_low(self._recent):
                self._plan = [other for other in self._plan if other != count]
            if not self._plan:
                self._decide()
            return
        self._recent.append(seconds)
        self._saved += SHARE * seconds
        if len(self._recent) >= TRIAL and self._saved >= self._cost:
            self._plan = [other for other in self._neighbours() for _ in range(TRIAL)]

    def _neighbours(self) -> list[int]:
        place = self.counts.index(self.best)
        return self.counts[max(0, place - 1) : place] + self.counts[place + 1 : place + 2]

    def _decide(self) -> None:
        """End a trial: keep the quickest count; after a change try its neighbours at once.

        The lower median leaves out the first item of a count, which wakes its threads.
        """
        seconds = {count: median_low(times) for count, times in self._tried.items()}
        quickest = min(seconds, key=seconds.__getitem__)
        self._cost, self._saved = sum(map(sum, self._tried.values())), 0.0
        if seconds[quickest] < median_low(self._recent):
            self.best, self._cost = quickest, 0.0
            self._recent.clear()
        self._tried = {}


@dataclass(frozen=True)
class Paced(Generic[Item]):
    """Work that can be taken up again and again, at one pace."""

    work: Iterable[Item]
    pace: Pace

    def __iter__(self) -> Iterator[Item]:
        return self.pace.over(self.work)
