"""What every tracker must do: all that it was given is found again in what it has stored.

READ_BACK has a function for each option. It takes the run's folder and the tracker's options, and
gives what the tracker has stored.
"""

import json
import struct
import time
from dataclasses import dataclass, field

import pytest

from bam.records import End
from bam.run.flatten import flat

LINES = [{"step": 10, "loss": 2.5, "recall@10": 0.1, "share": [0.75, 0.25]},
         {"step": 20, "loss": 1.5, "recall@10": 0.2, "share": [0.5, 0.5]}]  # fmt: skip
LOSSES = {5: 3.0, 10: 2.0, 15: 1.75}
FINISHED = End("finished", "", {"test/recall@10": 0.15, "best_step": 20})
FAILED = End("failed", "NotFinite: the loss became nan", {})
TAGS = {"dataset": "planted", "seed": "2021"}
PATIENCE = 10  # seconds, for a tracker that writes in another process


@dataclass
class Stored:
    """What a tracker has kept."""

    points: dict = field(default_factory=dict)  # {(name, step): value}
    numbers: dict = field(default_factory=dict)  # of the end
    status: str = ""
    error: str = ""
    tags: dict = field(default_factory=dict)


def check_every_name_step_and_value_is_stored(tracker, read_back):
    expected = by_name_and_step(LINES)
    found = run(tracker, read_back, FINISHED, lambda stored: len(stored.points) >= len(expected))
    named = {name for name, _ in expected}
    points = {point: value for point, value in found.points.items() if point[0] in named}
    assert points == pytest.approx(expected, rel=1e-6)


def check_the_loss_between_validations_is_stored(tracker, read_back):
    expected = {("recent_loss", step): value for step, value in LOSSES.items()}
    found = run(
        tracker, read_back, FINISHED, lambda stored: expected.keys() <= stored.points.keys()
    )
    assert {point: found.points.get(point) for point in expected} == expected


def check_the_test_is_stored(tracker, read_back):
    expected = FINISHED.numbers
    found = run(
        tracker, read_back, FINISHED, lambda stored: expected.keys() <= stored.numbers.keys()
    )
    numbers = {name: found.numbers.get(name) for name in expected}
    assert numbers == pytest.approx(expected, rel=1e-6) and found.status == "finished"


def check_a_failed_run_is_stored_as_failed_with_its_error(tracker, read_back):
    found = run(tracker, read_back, FAILED, lambda stored: bool(stored.error))
    assert found.status == "failed" and "the loss became nan" in found.error


def check_the_tags_are_stored(tracker, read_back):
    found = run(tracker, read_back, FINISHED, lambda stored: TAGS.items() <= stored.tags.items())
    assert {name: found.tags.get(name) for name in TAGS} == TAGS


STORED = check_every_name_step_and_value_is_stored  # the only rule of the run's own tracker


def run(tracker, read_back, end, is_there):
    """What is stored of a run, as soon as it is there."""
    with tracker as track:
        for step, loss in LOSSES.items():
            track.loss(step, loss)
        for line in LINES:
            track.validation(line)
        track.end(end)
    stop = time.monotonic() + PATIENCE
    while not is_there(found := read_back()) and time.monotonic() < stop:
        time.sleep(0.05)
    return found


def by_name_and_step(lines):
    """The numbers of some lines; a list has a name for each place."""
    return {(name, line["step"]): value for line in lines
            for name, value in flat(line).items() if name != "step"}  # fmt: skip


def of_jsonl(folder, options):
    path = folder / "metrics.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return Stored(by_name_and_step([json.loads(line) for line in lines]))


def of_tensorboard(folder, options):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    points = {(name, event.step): event.value for name in found.Tags()["scalars"]
              for event in found.Scalars(name) if name != "step"}  # fmt: skip

    def text(name):
        name = f"{name}/text_summary"
        known = name in found.Tags()["tensors"]
        return found.Tensors(name)[-1].tensor_proto.string_val[0].decode() if known else ""

    status, _, error = text("status").partition(" ")
    tags = dict(line[2:].split(": ") for line in text("tags").splitlines())
    return Stored(points, {name: value for (name, _), value in points.items()}, status, error, tags)


def of_mlflow(folder, options):
    """A name has no @ there."""
    from mlflow import MlflowClient

    client = MlflowClient(options["uri"])
    home = client.get_experiment_by_name(options["experiment"])
    points, numbers, tags = {}, {}, {}
    for run in client.search_runs([home.experiment_id]) if home else []:
        tags = run.data.tags
        for name, value in run.data.metrics.items():
            numbers[name.replace("recall_", "recall@")] = value
            for point in client.get_metric_history(run.info.run_id, name):
                points[name.replace("recall_", "recall@"), point.step] = point.value
    return Stored(points, numbers, tags.get("status", ""), tags.get("error", ""), tags)


def of_wandb(folder, options):
    """Beside what it was given it stores its own times, whose names begin with _."""
    lines, summary, tags = [], {}, {}
    for record in wandb_records(folder):
        items = record.history.item
        named = {".".join(item.nested_key): json.loads(item.value_json) for item in items}
        lines.append({name: value for name, value in named.items() if name[0] != "_"})
        for item in record.summary.update:
            summary[item.key or ".".join(item.nested_key)] = json.loads(item.value_json)
        tags.update(tag.split("=") for tag in record.run.tags)
    points = by_name_and_step([line for line in lines if line])
    return Stored(points, summary, summary.get("status", ""), summary.get("error", ""), tags)


def wandb_records(folder):
    """Every record of the runs that are kept in the folder."""
    from wandb.proto.wandb_internal_pb2 import Record

    paths = sorted((folder / "wandb").glob("offline-run-*/*.wandb"))
    return [Record.FromString(data) for path in paths for data in records(path.read_bytes())]


def records(data):
    """Records of a log as LevelDB writes it: blocks of 32 KiB after 7 bytes; a record has parts."""
    place, record = 7, b""
    while place + 7 <= len(data):
        room = 32768 - place % 32768
        if room < 7:
            place += room
            continue
        _, size, kind = struct.unpack("<IHB", data[place : place + 7])
        record += data[place + 7 : place + 7 + size]
        place += 7 + size
        if kind in (FULL, LAST):
            yield record
            record = b""


FULL, LAST = 1, 4
READ_BACK = {
    "jsonl": of_jsonl,
    "tensorboard": of_tensorboard,
    "mlflow": of_mlflow,
    "wandb": of_wandb,
}
