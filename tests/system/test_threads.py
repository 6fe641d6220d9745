"""The number of threads is the quickest, and follows what else runs on the machine."""

import pytest
import torch

from bam.system import threads
from bam.system.threads import HOPELESS, SHARE, TRIAL, Pace, Paced, thread_counts


@pytest.fixture
def machine(monkeypatch):
    """A clock that moves by `seconds[count]` an item; `torch` computes with `machine["count"]`."""
    state = {"now": 0.0, "count": 1, "seconds": {}, "used": []}

    def perf_counter():
        return state["now"]

    monkeypatch.setattr(threads.time, "perf_counter", perf_counter)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: state.update(count=count))
    monkeypatch.setattr(torch, "get_num_threads", lambda: state["count"])
    return state


def work(machine, pace, items):
    """Do this many items; the counts that they had."""
    used = []
    for _ in pace.over(range(items)):
        used.append(machine["count"])
        machine["now"] += machine["seconds"][machine["count"]]
    return used


def share_of(machine, used, count):
    return sum(machine["seconds"][one] for one in used if one == count) / sum(
        machine["seconds"][one] for one in used
    )


@pytest.mark.parametrize("quickest", [1, 2, 4, 8])
def test_the_quickest_count_does_most_of_the_work(machine, quickest):
    machine["seconds"] = {c: 1 + abs(c.bit_length() - quickest.bit_length()) for c in (1, 2, 4, 8)}
    used = work(machine, Pace([1, 2, 4, 8]), 1000)
    assert used.count(quickest) > 900


def test_a_process_that_comes_and_goes_changes_the_count(machine):
    pace = Pace([1, 2])
    quiet, busy = {1: 1.7, 2: 1.0}, {1: 1.7, 2: 12.0}
    for seconds, quickest in ((quiet, 2), (busy, 1), (quiet, 2)):
        machine["seconds"] = seconds
        work(machine, pace, 1000)
        assert pace.best == quickest


def test_trials_of_a_slow_count_take_a_small_share_of_the_time(machine):
    machine["seconds"] = {1: 1.0, 2: 2.9}
    used = work(machine, Pace([1, 2]), 20_000)
    assert 0 < share_of(machine, used, 2) < 1.1 * SHARE


def test_a_hopeless_trial_ends_after_one_item(machine):
    machine["seconds"] = {1: 1.0, 2: 1.0 + HOPELESS}
    used = work(machine, Pace([1, 2]), 20_000)
    assert used.count(2) <= TRIAL + 20_000 * SHARE / (1 + HOPELESS)
    assert share_of(machine, used, 2) < 1.1 * SHARE


def test_one_count_is_never_left(machine):
    machine["seconds"] = {3: 1.0}
    assert set(work(machine, Pace([3]), 100)) == {3}


def test_the_count_before_returns_at_the_end(machine):
    machine.update(count=5, seconds={1: 1.0, 2: 1.0})
    work(machine, Pace([1, 2]), 20)
    assert machine["count"] == 5


def test_what_makes_the_items_is_not_timed_and_none_is_lost(machine):
    def slow_with_two():
        for item in range(300):
            machine["now"] += 100.0 * machine["count"]
            yield item

    machine["seconds"], pace = {1: 2.0, 2: 1.0}, Pace([1, 2])
    taken = iter(slow_with_two())
    stretch, seen = Paced(taken, pace), []
    for _ in range(3):
        for _, item in zip(range(100), stretch, strict=False):
            seen.append(item)
            machine["now"] += machine["seconds"][machine["count"]]
    assert seen == list(range(300)) and pace.best == 2


@pytest.mark.parametrize(
    ("found", "threads", "adaptive", "expected"),
    [(6, 0, True, [1, 2, 4, 6]), (1, 0, True, [1]), (6, 0, False, [6]), (6, 3, True, [3])],
)
def test_the_counts_are_powers_of_two_up_to_what_torch_finds(
    monkeypatch, found, threads, adaptive, expected
):
    monkeypatch.setattr(torch, "get_num_threads", lambda: found)
    assert thread_counts(threads, adaptive) == expected
