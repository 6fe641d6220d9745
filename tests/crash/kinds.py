"""The programs that are killed, and what of them must be equal in the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.experiment.planted import PLANTED, numbers, rows

RUN = (*(option for option in PLANTED if not option.startswith(("trainer", "optimizer"))),
       "data_dir=data", "trainer.max_steps=60", "trainer.validate_every=20", "trainer.log_every=7",
       "trainer.clip_norm=0.5", "group_by_length=3", "averaging=ema", "schedule=cosine",
       "optimizer=lazy_adam")  # fmt: skip
ONE = (*RUN, "optimizer.lr=0.01", "selection=p_annealed", "hydra.run.dir=out")
SHORT = (*RUN, "selection=p", "trainer.max_steps=40", "hydra.sweep.dir=out")


def prepared(folder: Path) -> Any:
    """Every byte of the prepared data set."""
    files = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    return [path.read_bytes() for path in files]


def run(folder: Path) -> Any:
    """Results, the figures of every validation, and the bytes of the weights."""
    return numbers(folder / "out")


def table(folder: Path) -> Any:
    """Every row but its times."""
    return rows(folder / "out").to_dicts()


@dataclass(frozen=True)
class Kind:
    """A program, and when it is killed."""

    name: str
    share: float  # of all kills
    trigger: str  # what happens before: a function is called, files change; or a time, a full disk
    delay: float  # seconds: the most that a kill comes after the trigger
    script: str
    options: tuple[str, ...]
    content: Callable[[Path], Any]


KINDS = (
    Kind("prepare", 0.12, "files", 0.03, "prepare.py",
         ("dataset=table", "dataset.raw=raw.csv", "dataset.name=mine", "data_dir=data",
          "dataset.columns={user: user, item: item, time: time}"), prepared),
    Kind("train", 0.14, "bam.training.update:Update", 0.03, "train.py", ONE, run),
    Kind("refit", 0.06, "bam.training.update:Update", 0.03, "train.py", (*ONE, "refit=true"), run),
    Kind("validate", 0.14, "bam.experiment.one_run.fit:validate", 0.1, "train.py", ONE, run),
    Kind("write", 0.18, "files", 0.003, "train.py", ONE, run),
    Kind("sweep", 0.1, "time", 0, "train.py",
         ("-m", *SHORT, "optimizer.lr=0.01", "seed=1,2,3", "hydra/launcher=local"), table),
    Kind("search", 0.08, "time", 0, "search.py", (*SHORT, "hydra.sweeper.trials=3"), table),
    Kind("collect", 0.1, "files", 0.002, "collect.py", ("out",), table),
    Kind("full disk", 0.08, "disk", 0, "train.py", ONE, run),
)  # fmt: skip
