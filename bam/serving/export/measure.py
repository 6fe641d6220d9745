"""An index beside exact ranking: what it finds, how long it takes, how large it is."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import torch

from bam.records import PAD
from bam.serving.answers import USERS
from bam.serving.histories import History
from bam.serving.retriever import Choices, Retriever

ALONE = 300  # users that are timed one by one
TOGETHER = 4 * USERS  # users that are timed in blocks
REPEATS = 3  # of which the quickest counts


def measure(
    retrievers: dict[str, Retriever], histories: Iterable[History], n: int, choices: Choices
) -> dict[str, dict[str, float]]:
    """For each retriever, the first of which has the true lists, on one thread:

    recall: the share of the n true best items that are among its n best, as a mean over users;
    p50_ms and p99_ms: milliseconds of one user, from the history to the list;
    users_per_second: in blocks of USERS.
    """
    users = list(islice((one for one in histories if len(one.items)), TOGETHER))
    if not users:
        return {}
    with _one_thread():
        found = {name: _measure(one, users, n, choices) for name, one in retrievers.items()}
    true = next(iter(found.values()))[0]
    return {name: {"recall": _recall(true, item), **times} for name, (item, times) in found.items()}


def _measure(
    retriever: Retriever, users: Sequence[History], n: int, choices: Choices
) -> tuple[torch.Tensor, dict[str, float]]:
    """The lists of all users, and the times."""
    blocks = [users[i : i + USERS] for i in range(0, len(users), USERS)]
    lists = [retriever.recommend(block, n, choices).merged.item for block in blocks]
    together = min(
        _seconds(lambda: [retriever.recommend(block, n, choices) for block in blocks])
        for _ in range(REPEATS)
    )
    rounds = [
        [_seconds(lambda one=one: retriever.recommend([one], n, choices)) for one in users[:ALONE]]  # type: ignore[misc]
        for _ in range(REPEATS)
    ]
    quickest = min(torch.tensor(rounds).double(), key=lambda row: float(row.sum()))
    p50, p99 = quickest.quantile(torch.tensor([0.5, 0.99]).double()).tolist()
    times = {"p50_ms": 1e3 * p50, "p99_ms": 1e3 * p99, "users_per_second": len(users) / together}
    return torch.cat(lists), times


def _recall(true: torch.Tensor, found: torch.Tensor) -> float:
    hits = (true[:, :, None] == found[:, None]).any(2) & (true != PAD)
    return float(hits.sum() / (true != PAD).sum())


def _seconds(task: Callable[[], object]) -> float:
    began = time.perf_counter()
    task()
    return time.perf_counter() - began


@contextmanager
def _one_thread() -> Iterator[None]:
    """As a server answers many users: each on a thread of its own."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
