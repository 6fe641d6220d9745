"""The speed of a plain program, with the data, device and threads of an experiment."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from bam.bench.figures import Figures, peak_memory
from bam.bench.rounds import Rounds
from bam.bench.users import load_users


@runtime_checkable
class Program(Protocol):
    """A plain program: a model, how it trains on users' lists of items, and how it is tested."""

    def build(self, num_items: int) -> nn.Module: ...

    def draw_loss(
        self, model: Any, users: list[list[int]], batch_size: int
    ) -> tuple[Tensor, int]: ...

    def best_items(self, model: Any, user: list[int], count: int) -> list[int]: ...


class PlainTraining:
    """Samples a second in training: the median of `rounds` that take about `seconds` together.

    A sample is a target.
    """

    def __init__(
        self,
        seconds: float,
        rounds: int,
        cpu_time: bool,
        scheme: Program,
        batch_size: int,
        lr: float,
    ):
        self.rounds = Rounds(seconds, rounds, cpu_time)
        self.scheme, self.batch_size, self.lr = scheme, batch_size, lr

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users = load_users(config)
        model = self.scheme.build(users.num_items).to(users.device)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.lr)

        def step() -> int:
            optimizer.zero_grad()
            loss, samples = self.scheme.draw_loss(model, users.items, self.batch_size)
            loss.backward()
            optimizer.step()
            loss.item()
            return samples

        rate = self.rounds.rate(step)
        return Figures(
            higher={"samples_per_second": rate.units},
            lower={"step_ms": 1000 / rate.calls, **peak_memory(users.device)},
        )


class PlainTesting:
    """Users a second in testing: the median of `rounds` that take about `seconds` together."""

    def __init__(self, seconds: float, rounds: int, cpu_time: bool, scheme: Program, cutoff: int):
        self.rounds = Rounds(seconds, rounds, cpu_time)
        self.scheme, self.cutoff = scheme, cutoff

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users = load_users(config)
        model = self.scheme.build(users.num_items).to(users.device).eval()
        endless = cycle(users.items)

        def test_one() -> int:
            self.scheme.best_items(model, next(endless), self.cutoff)
            return 1

        rate = self.rounds.rate(test_one)
        return Figures(higher={"users_per_second": rate.units}, lower=peak_memory(users.device))
