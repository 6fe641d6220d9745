"""What a state gives to another number of processes; whole runs are in tests/experiment."""

from itertools import count
from pathlib import Path

import torch

from bam.records import Batch
from bam.training.progress import Progress, Stretch
from bam.training.state import Stream, _read


def test_another_number_of_processes_has_the_mean_of_what_was_done():
    parts = [Stretch(10, 640, 3.0, torch.tensor(50.0)), Stretch(10, 600, 1.0, 30.0)]
    assert Stretch.mean(parts) == Stretch(10, 620, 2.0, 40.0)


def test_who_goes_on_with_a_state_needs_the_code_of_its_newest_steps(monkeypatch):
    progress = Progress(code="a")
    for code in ("b", "a", "b"):
        progress.note_code(code)
    assert progress.code == "a+b"
    state = {"code": progress.code, "data": ""}
    monkeypatch.setattr("bam.run.checkpoint.load_state", lambda path: state)
    assert _read(Path("resume.pt"), any_code=False, data="", code="b") is state
    assert _read(Path("resume.pt"), any_code=False, data="", code="a") == {}
    assert _read(Path("resume.pt"), any_code=True, data="", code="a") is state


def one_target(target):
    return Batch(torch.ones(1, 1).long(), torch.ones(1, 0).long(), target, torch.zeros(1).long())


def drawn(seed):
    """A stream of batches of one target, in groups of two that are drawn at once."""
    generator = torch.Generator().manual_seed(seed)
    groups = (torch.randint(1000, (2, 1), generator=generator) for _ in count())
    return Stream((map(one_target, group) for group in groups), generator)


def targets(stream, number):
    return [int(next(stream).target) for _ in range(number)]


def test_batches_that_are_drawn_anew_depend_on_the_seed_alone_and_can_be_continued():
    one, other, later = drawn(1), drawn(2), drawn(0)
    one.draw_anew(3)
    other.draw_anew(3)
    batches = targets(one, 5)
    assert targets(other, 3) == batches[:3]
    later.restore(other.state())
    assert targets(later, 2) == batches[3:]
