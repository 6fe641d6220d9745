"""The files of a run's folder: their names, and how they are written and read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bam.errors import Mistake, require
from bam.system.checksums import recording, verify
from bam.system.files import write_text
from bam.system.strict_json import json_text, read_json
from bam.system.strict_yaml import LARGEST, load_yaml

CONFIG, OVERRIDES, ENVIRONMENT = "config.yaml", "overrides.yaml", "environment.json"
HYDRA = ".hydra"  # a folder that other programs of Hydra leave, which is no run
METRICS, LOG, RANKS, RESULTS = "metrics.jsonl", "train.log", "ranks.npy", "results.json"
USERS = "users.parquet"  # each test user: its id, its history and targets, its metrics
WEIGHTS, LOCK = "weights.safetensors", ".lock"
MEMORY = "memory.safetensors"  # what a memory has counted
INTERESTS = "interests.html"  # the page of `bam explore`
RESUME, PREVIOUS = "resume.pt", "resume.previous.pt"  # the states of the last two validations
TRACKERS = "trackers.json"  # the id that each service has given the run, so that it continues there
# what a tracker stores of a run beside its numbers
ARTIFACTS = (CONFIG, OVERRIDES, ENVIRONMENT, METRICS, RESULTS, WEIGHTS)
TRADEOFF = "tradeoff"  # .csv, .png, .svg and .pdf: what `bam tradeoff` measures and draws
TRIED = "tried.csv"  # what `bam blend` has measured on the validation targets, one line a way
ROWS = "rows.*.safetensors"  # of a state: what processes share out of it, with the step in its name
REFIT = "refit"  # the folder of the state of the training on train + validation, until it ends
FINAL = "final.pt"  # the state after the last step, with which more steps may follow


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON whole or not at all, and its checksum; NaN and infinity are null."""
    with recording(path) as unfinished:
        unfinished.write_text(json_text(content, indent=2) + "\n", encoding="utf-8")


class InFull(yaml.SafeDumper):
    """Writes a value that is used twice twice, and not as an anchor and an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_yaml(path: Path, content: Any) -> None:
    """As `write_text`, with YAML; keys keep their order."""
    write_text(path, yaml.dump(content, Dumper=InFull, sort_keys=False, allow_unicode=True))


def read(path: Path) -> Any:
    """What a JSON or YAML file holds; an empty mapping where there is no file yet.

    Raises:
        Mistake: the file is damaged, or YAML that `load_yaml` refuses.
    """
    if not path.exists():
        return {}
    verify(path, "restore it, or delete the run")
    try:
        if path.suffix == ".json":
            return read_json(path.read_text("utf-8")) or {}
        with path.open(encoding="utf-8") as file:
            return load_yaml(file.read(LARGEST + 1)) or {}
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise Mistake(f"{path}: cannot be read ({error}); repair it or delete the run") from error


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """One entry a validation; a last line that was cut off by a kill is left out.

    Raises:
        Mistake: another line is damaged.
    """
    path = folder / METRICS
    if not path.is_file():
        return []
    try:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        found = [read_json(line) for line in lines if line.endswith("\n")]
    except (ValueError, RecursionError) as error:
        raise Mistake(f"{path}: damaged ({error}); delete the run") from error
    require(all(isinstance(one, dict) for one in found), f"{path} must hold JSON objects", found)
    return found


def artifacts(folder: Path, largest_mb: int) -> list[Path]:
    """The files of the run that a tracker stores: those that are there and not larger, in MiB."""
    paths = [folder / name for name in ARTIFACTS]
    return [path for path in paths if path.is_file() and path.stat().st_size <= largest_mb << 20]


def read_id(folder: Path, service: str) -> str:
    """The id that a service has given a run or a sweep; empty if it has given none."""
    return str(read(folder / TRACKERS).get(service, ""))


def write_id(folder: Path, service: str, given: str) -> None:
    """Keep the id that a service has given."""
    write_json(folder / TRACKERS, {**read(folder / TRACKERS), service: given})
