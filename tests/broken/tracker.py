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


def changed(**functions):
    """The whole tracker, whose functions are replaced by what `functions` make of them."""

    @contextmanager
    def tracker(run):
        with whole(run) as track:
            own = {name: make(getattr(track, name)) for name, make in functions.items()}
            yield replace(track, **own)

    return tracker


def line_of(change):
    """Every validation is changed."""
    return changed(validation=lambda keep: lambda line: keep(change(line)))


def ignore(keep):
    return lambda *what: None


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
def counts_its_own_steps(run):
    """The step is the number of the line."""
    with whole(run) as track:
        lines = []
        yield replace(track, validation=lambda line: lines.append(
            track.validation({**line, "step": len(lines)})))  # fmt: skip


@contextmanager
def forgets_the_tags(run):
    """They are not kept."""
    with whole(replace(run, tags={})) as track:
        yield track


keeps_no_line = changed(validation=ignore)
keeps_numbers_alone = line_of(  # a list, such as the share of each interest, is left out
    lambda line: {k: v for k, v in line.items() if not isinstance(v, list)}
)
rounds = line_of(  # one digit is kept
    lambda line: {k: float(f"{v:.0g}") if isinstance(v, float) else v for k, v in line.items()}
)
keeps_no_loss = changed(loss=ignore)
shifts_the_loss = changed(loss=lambda keep: lambda step, loss: keep(step - 1, loss))
forgets_the_end = changed(end=ignore)
forgets_the_test = changed(end=lambda keep: lambda end: keep(replace(end, numbers={})))
calls_every_run_finished = changed(
    end=lambda keep: lambda end: keep(replace(end, status="finished"))
)
forgets_the_error = changed(end=lambda keep: lambda end: keep(replace(end, error="")))

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
