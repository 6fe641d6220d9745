"""What every tracker must do: all that it was given is found again in what it has stored.

READ_BACK has a function for each option. It takes the run's folder and the tracker's options, and
gives {(name, step): value} of what the tracker has stored.
"""

import json
import struct
import time

import pytest

from bam.run.flatten import flat

LINES = [{"step": 10, "loss": 2.5, "recall@10": 0.1, "share": [0.75, 0.25]},
         {"step": 20, "loss": 1.5, "recall@10": 0.2, "share": [0.5, 0.5]}]  # fmt: skip
PATIENCE = 10  # seconds, for a tracker that writes in another process


def check_every_name_step_and_value_is_stored(tracker, read_back):
    with tracker as track:
        for line in LINES:
            track(line)
    expected = by_name_and_step(LINES)
    end = time.monotonic() + PATIENCE
    while len(found := read_back()) < len(expected) and time.monotonic() < end:
        time.sleep(0.05)
    assert found == pytest.approx(expected, rel=1e-6)


def by_name_and_step(lines):
    """The numbers of some lines; a list has a name for each place."""
    return {(name, line["step"]): value for line in lines
            for name, value in flat(line).items() if name != "step"}  # fmt: skip


def of_jsonl(folder, options):
    path = folder / "metrics.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return by_name_and_step([json.loads(line) for line in lines])


def of_tensorboard(folder, options):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder)).Reload()
    return {(name, event.step): event.value for name in found.Tags()["scalars"]
            for event in found.Scalars(name) if name != "step"}  # fmt: skip


def of_mlflow(folder, options):
    """A name has no @ there."""
    from mlflow import MlflowClient

    client = MlflowClient(options["uri"])
    home = client.get_experiment_by_name(options["experiment"])
    return {(name.replace("recall_", "recall@"), point.step): point.value
            for run in (client.search_runs([home.experiment_id]) if home else [])
            for name in run.data.metrics if name != "step"
            for point in client.get_metric_history(run.info.run_id, name)}  # fmt: skip


def of_wandb(folder, options):
    """Beside what it was given it stores its own times, whose names begin with _."""
    from wandb.proto.wandb_internal_pb2 import Record

    paths = (folder / "wandb").glob("offline-run-*/*.wandb")
    lines = []
    for data in (record for path in paths for record in records(path.read_bytes())):
        items = Record.FromString(data).history.item
        named = {".".join(item.nested_key): json.loads(item.value_json) for item in items}
        lines.append({name: value for name, value in named.items() if name[0] != "_"})
    return by_name_and_step([line for line in lines if line])


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
