"""Trackers that are wrong on purpose: each keeps a whole run as JSON, but for one thing."""

import json
from contextlib import contextmanager
from dataclasses import asdict, replace

from bam.records import End, Track
from tests.contracts.tracker import Stored, by_name_and_step

FILE = "copy.json"


@contextmanager
def whole(run):
    """Nothing is wrong."""
    kept = {"lines": [], "losses": {}, "tags": run.tags}
    yield Track(
        loss=kept["losses"].__setitem__,
        validation=kept["lines"].append,
        end=lambda end: kept.update(asdict(end)),
    )
    (run.folder / FILE).write_text(json.dumps(kept))


def read_copy(folder):
    """What one of them has kept."""
    kept = json.loads((folder / FILE).read_text())
    losses = {("recent_loss", int(step)): loss for step, loss in kept["losses"].items()}
    points = by_name_and_step(kept["lines"]) | losses
    end = {
        **asdict(End("", "", {})),
        **{key: kept[key] for key in kept if key not in ("lines", "losses")},
    }
    return Stored(points, end["numbers"], end["status"], end["error"], end["tags"])


def ignore(*what):
    """Keep nothing of it."""


@contextmanager
def keeps_no_line(run):
    """Every line is thrown away."""
    with whole(run) as track:
        yield replace(track, validation=ignore)


@contextmanager
def keeps_the_last_line(run):
    """Each line takes the place of the one before."""
    with whole(run) as track:
        lines = []

        def validation(line):
            lines[:] = [line]

        yield replace(track, validation=validation)
        for line in lines:
            track.validation(line)


@contextmanager
def keeps_numbers_alone(run):
    """A list, such as the share of each interest, is left out."""
    with whole(run) as track:
        yield replace(track, validation=lambda line: track.validation(
            {k: v for k, v in line.items() if not isinstance(v, list)}))  # fmt: skip


@contextmanager
def counts_its_own_steps(run):
    """The step is the number of the line."""
    with whole(run) as track:
        lines = []
        yield replace(track, validation=lambda line: lines.append(
            track.validation({**line, "step": len(lines)})))  # fmt: skip


@contextmanager
def rounds(run):
    """One digit is kept."""
    with whole(run) as track:

        def validation(line):
            few = {k: float(f"{v:.0g}") for k, v in line.items() if isinstance(v, float)}
            track.validation({**line, **few})

        yield replace(track, validation=validation)


@contextmanager
def keeps_no_loss(run):
    """The loss between validations is thrown away."""
    with whole(run) as track:
        yield replace(track, loss=ignore)


@contextmanager
def shifts_the_loss(run):
    """The loss is that of the step before."""
    with whole(run) as track:
        yield replace(track, loss=lambda step, loss: track.loss(step - 1, loss))


@contextmanager
def forgets_the_end(run):
    """Nothing shows how the run has ended."""
    with whole(run) as track:
        yield replace(track, end=ignore)


@contextmanager
def forgets_the_test(run):
    """The numbers of the test are not kept."""
    with whole(run) as track:
        yield replace(track, end=lambda end: track.end(replace(end, numbers={})))


@contextmanager
def calls_every_run_finished(run):
    """A run that failed looks like one that did not."""
    with whole(run) as track:
        yield replace(track, end=lambda end: track.end(replace(end, status="finished")))


@contextmanager
def forgets_the_error(run):
    """A run has failed, and nothing shows by what."""
    with whole(run) as track:
        yield replace(track, end=lambda end: track.end(replace(end, error="")))


@contextmanager
def forgets_the_tags(run):
    """Choices, seed and commit are not kept."""
    with whole(replace(run, tags={})) as track:
        yield track


STORED = "check_every_name_step_and_value_is_stored"
LOSS = "check_the_loss_between_validations_is_stored"
TEST = "check_the_test_is_stored"
FAILED = "check_a_failed_run_is_stored_as_failed_with_its_error"
REFUSED = {
    keeps_no_line: {STORED},
    keeps_the_last_line: {STORED},
    keeps_numbers_alone: {STORED},
    counts_its_own_steps: {STORED},
    rounds: {STORED},
    keeps_no_loss: {LOSS},
    shifts_the_loss: {LOSS},
    forgets_the_end: {TEST, FAILED},
    forgets_the_test: {TEST},
    calls_every_run_finished: {FAILED},
    forgets_the_error: {FAILED},
    forgets_the_tags: {"check_the_tags_are_stored"},
}
