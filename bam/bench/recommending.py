"""How quickly a model recommends by the exact search: to one user, and to all users in blocks.

The model has its first weights: what it recommends does not change how long it takes.
"""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bam.bench.figures import Figures, peak_memory
from bam.errors import require
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.retriever import build_retriever
from bam.experiment.parts.assemble import assemble
from bam.serving.answers import recommend
from bam.serving.histories import History
from bam.serving.retriever import Choices, Retriever
from bam.system.memory import reuse_freed_memory


class Recommending:
    """Milliseconds of one user (median and .99 quantile), and users a second in blocks.

    The users come in turn, each alone, for about half of the seconds; then many at once, in
    `rounds` whose median counts. Each gets the table of the `n` best items.
    """

    def __init__(self, seconds: float, rounds: int, warmup: int, n: int):
        require(seconds > 0, "seconds must be above 0", seconds)
        require(rounds >= 1, "rounds must be at least 1", rounds)
        require(warmup >= 1, "warmup must be at least 1", warmup)
        require(n >= 1, "n must be at least 1", n)
        self.seconds, self.rounds, self.warmup, self.n = seconds, rounds, warmup, n

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        reuse_freed_memory()
        parts = assemble(config)
        parts.step.eval()
        retriever, choices = build_retriever(parts, "now"), choices_of(())
        users = retriever.users.all()
        one = self._one_by_one(retriever, users, choices)
        rate = self._together(retriever, users, choices)
        figures = {"one_user_ms": statistics.median(one), "one_user_p99_ms": _last(one)}
        return Figures(
            higher={"users_per_second": rate}, lower={**figures, **peak_memory(parts.device)}
        )

    def _one_by_one(
        self, retriever: Retriever, users: Sequence[History], choices: Choices
    ) -> list[float]:
        """Milliseconds of each call."""
        spent: list[float] = []
        while len(spent) < 2 * self.warmup or sum(spent) < 500 * self.seconds:
            user = [users[len(spent) % len(users)]]
            spent.append(1000 * _seconds(retriever, user, self.n, choices))
        return spent[self.warmup :]

    def _together(self, retriever: Retriever, users: Sequence[History], choices: Choices) -> float:
        """Users a second."""

        def rate(count: int) -> float:
            some = (list(users) * math.ceil(count / len(users)))[:count]
            return count / _seconds(retriever, some, self.n, choices)

        count = math.ceil(self.seconds / 2 / self.rounds * rate(min(len(users), 1024)))
        return statistics.median(rate(count) for _ in range(self.rounds))


def _seconds(retriever: Retriever, histories: Sequence[History], n: int, choices: Choices) -> float:
    began = time.perf_counter()
    recommend(retriever, histories, n, choices)
    return time.perf_counter() - began


def _last(milliseconds: Sequence[float]) -> float:
    """The .99 quantile."""
    return sorted(milliseconds)[math.ceil(0.99 * len(milliseconds)) - 1]
