"""The values at the root of conf/train.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bam.config.instantiate import typed
from bam.errors import Mistake, require
from bam.run.identity import INITIAL_WEIGHTS


@dataclass(frozen=True)
class Settings:
    """Numbers and names that several parts share."""

    name: str
    seed: int
    device: str
    threads: int
    timeout: int
    refit: bool
    save_every: int
    batch_size: int
    history_length: int
    dim: int
    num_interests: int
    num_negatives: int
    group_by_length: int
    precision: str
    compile: bool
    sparse: bool
    shard_table: bool
    data_dir: str
    any_code: bool
    trust: list[str]

    def __post_init__(self) -> None:
        for key in AT_LEAST_1:
            require(getattr(self, key) >= 1, f"{key} must be at least 1", getattr(self, key))
        for key in AT_LEAST_0:
            require(getattr(self, key) >= 0, f"{key} must be at least 0", getattr(self, key))
        require(self.threads <= MOST, f"threads must be at most {MOST}", self.threads)
        rule = f"precision must be {' or '.join(PRECISIONS)}"
        require(self.precision in PRECISIONS, rule, self.precision)


MOST = 1024  # threads: with tens of thousands OpenMP ends the process with SIGSEGV
PRECISIONS = ("fp32", "bf16")
AT_LEAST_1 = (
    "timeout",
    "batch_size",
    "group_by_length",
    "history_length",
    "dim",
    "num_interests",
)
AT_LEAST_0 = ("seed", "threads", "save_every", "num_negatives")
# root keys that describe components
PARTS = frozenset(
    {
        "dataset",
        "split",
        "sampling",
        "negatives",
        "likelihood",
        "selection",
        "loss",
        "regularisation",
        "backbone",
        "intervals",
        "readout",
        "similarity",
        "aggregation",
        "table",
        "memory",
        "blending",
        "optimizer",
        "schedule",
        "averaging",
        "evaluation",
        "metric",
        "tracker",
        "trainer",
    }
)
# root keys that hold several named components
GROUPS = frozenset({"loss", "regularisation", "metric", "tracker"})


def settings(config: Mapping[str, Any]) -> Settings:
    """The root values, typed and in range.

    Raises:
        Mistake: a root key that is neither a value nor a part, or a value of another kind.
    """
    known = {field.name for field in fields(Settings)} | PARTS
    for key in config.keys() - known - {INITIAL_WEIGHTS}:
        raise Mistake(f"{key} is no option; the options are: {', '.join(sorted(known))}")
    for key in known - config.keys():
        raise Mistake(f"{key} must be given; conf/train.yaml has it")
    values = {key: value for key, value in config.items() if key in known - PARTS}
    return Settings(**typed(Settings, values, ""))
