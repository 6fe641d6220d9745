"""Speed of the plain program, on the data, the device and the threads of an experiment."""

import statistics
import time
from collections.abc import Callable, Mapping
from itertools import cycle, pairwise
from typing import Any

import torch

from bam.bench import plain
from bam.bench.figures import Figures, peak_memory
from bam.experiment.compose import component
from bam.experiment.settings import device_of, settings
from bam.mistake import require
from bam.records import Interactions

SHORTEST = 4  # one item to look back on, one to train, one to validate, one to test


class PlainTraining:
    """Samples a second, by the median step of about `seconds`."""

    def __init__(self, seconds: float, scheme: plain.Scheme, batch_size: int, lr: float):
        require(seconds > 0, "seconds must be above 0", seconds)
        self.seconds, self.scheme, self.batch_size, self.lr = seconds, scheme, batch_size, lr

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users, num_items, device = _begin(config)
        model = plain.Plain(num_items, self.scheme).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.lr)

        def step() -> None:
            drawn = plain.draw_batch(users, self.batch_size, self.scheme.history_length)
            batch = plain.Drawn(drawn.history.to(device), drawn.target.to(device))
            negatives = plain.draw_negatives(num_items, self.batch_size, self.scheme.num_negatives)
            optimizer.zero_grad()
            loss = plain.loss(model, self.scheme, batch, negatives.to(device), plain.draw_interest)
            loss.backward()
            optimizer.step()
            loss.item()

        took = _median_seconds(step, self.seconds)
        return Figures(
            higher={"samples_per_second": self.batch_size / took},
            lower={"step_ms": 1000 * took, **peak_memory(device)},
        )


class PlainTesting:
    """Users a second, by the median user of about `seconds`."""

    def __init__(self, seconds: float, scheme: plain.Scheme, cutoff: int):
        require(seconds > 0, "seconds must be above 0", seconds)
        self.seconds, self.scheme, self.cutoff = seconds, scheme, cutoff

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users, num_items, device = _begin(config)
        model = plain.Plain(num_items, self.scheme).to(device)
        turn, length = cycle(users), self.scheme.history_length

        def test_one() -> bool:
            user = next(turn)
            return user[-1] in plain.best_items(model, user, length, self.cutoff)

        took = _median_seconds(test_one, self.seconds)
        return Figures(higher={"users_per_second": 1 / took}, lower=peak_memory(device))


def _begin(config: Mapping[str, Any]) -> tuple[list[list[int]], int, torch.device]:
    """The users' items as lists, how many items there are, and the device."""
    shared = settings(config)
    if shared.threads:
        torch.set_num_threads(shared.threads)
    data: Interactions = component(config["dataset"], "dataset")
    edges, items = data.offsets.tolist(), data.items.tolist()
    users = [items[a:b] for a, b in pairwise(edges) if b - a >= SHORTEST]
    return users, data.num_items, device_of(shared.device)


def _median_seconds(task: Callable[[], object], seconds: float) -> float:
    """Of one call; the first calls warm up, and the others go on until the time is over."""
    task(), task()
    took: list[float] = []
    end = time.perf_counter() + seconds
    while not took or time.perf_counter() < end:
        began = time.perf_counter()
        task()
        took.append(time.perf_counter() - began)
    return statistics.median(took)
