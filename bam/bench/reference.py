"""The speed of the plain program, with the data, device and threads of an experiment."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Any

import torch

from bam.bench import plain
from bam.bench.figures import Figures, peak_memory
from bam.config.instantiate import component
from bam.config.settings import settings
from bam.errors import require
from bam.records import Interactions
from bam.system.device import find_device

SHORTEST = 4  # one item of history, one to train, one to validate, one to test


class PlainTraining:
    """Samples a second in training: the median of `rounds` that take about `seconds` together."""

    def __init__(
        self, seconds: float, rounds: int, scheme: plain.Scheme, batch_size: int, lr: float
    ):
        self.rounds = _Rounds(seconds, rounds)
        self.scheme, self.batch_size, self.lr = scheme, batch_size, lr

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users, num_items, device = _load(config)
        model = plain.Plain(num_items, self.scheme).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.lr)

        def step() -> None:
            drawn = plain.draw_batch(users, self.batch_size, self.scheme.history_length)
            batch = plain.PlainBatch(drawn.history.to(device), drawn.target.to(device))
            negatives = plain.draw_negatives(num_items, self.batch_size, self.scheme.num_negatives)
            optimizer.zero_grad()
            loss = plain.loss(model, self.scheme, batch, negatives.to(device), plain.draw_interest)
            loss.backward()
            optimizer.step()
            loss.item()

        rate = self.rounds.rate(step)
        return Figures(
            higher={"samples_per_second": self.batch_size * rate},
            lower={"step_ms": 1000 / rate, **peak_memory(device)},
        )


class PlainTesting:
    """Users a second in testing: the median of `rounds` that take about `seconds` together."""

    def __init__(self, seconds: float, rounds: int, scheme: plain.Scheme, cutoff: int):
        self.rounds = _Rounds(seconds, rounds)
        self.scheme, self.cutoff = scheme, cutoff

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users, num_items, device = _load(config)
        model = plain.Plain(num_items, self.scheme).to(device)
        endless, length = cycle(users), self.scheme.history_length

        def test_one() -> bool:
            user = next(endless)
            return user[-1] in plain.best_items(model, user, length, self.cutoff)

        rate = self.rounds.rate(test_one)
        return Figures(higher={"users_per_second": rate}, lower=peak_memory(device))


def _load(config: Mapping[str, Any]) -> tuple[list[list[int]], int, torch.device]:
    """The users' items as lists, the number of items, and the device."""
    shared = settings(config)
    if shared.threads:
        torch.set_num_threads(shared.threads)
    data: Interactions = component(config["dataset"], "dataset", shared.trust)
    edges, items = data.offsets.tolist(), data.items.tolist()
    users = [items[a:b] for a, b in pairwise(edges) if b - a >= SHORTEST]
    return users, data.num_items, find_device(shared.device)


@dataclass(frozen=True)
class _Rounds:
    """Repeated calls for `seconds` in `count` rounds, as bam.bench.training measures."""

    seconds: float
    count: int

    def __post_init__(self) -> None:
        require(self.seconds > 0, "seconds must be above 0", self.seconds)
        require(self.count >= 1, "rounds must be at least 1", self.count)

    def rate(self, task: Callable[[], object]) -> float:
        """Calls a second in the median round; two calls before the first round are not counted."""
        task(), task()
        return statistics.median(self._round(task) for _ in range(self.count))

    def _round(self, task: Callable[[], object]) -> float:
        began, calls, took = time.perf_counter(), 0, 0.0
        while took < self.seconds / self.count:
            task()
            calls, took = calls + 1, time.perf_counter() - began
        return calls / took
