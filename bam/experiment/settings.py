"""The values at the root of conf/train.yaml, and the device they name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch

from bam.errors import Mistake, require
from bam.experiment.instantiate import typed


@dataclass(frozen=True)
class Settings:
    """Numbers and names that several parts share."""

    name: str
    seed: int
    device: str
    threads: int
    batch_size: int
    history_length: int
    dim: int
    num_interests: int
    num_negatives: int
    group_by_length: int
    precision: str
    compile: bool
    sparse: bool
    data_dir: str
    any_code: bool

    def __post_init__(self) -> None:
        for key in ("batch_size", "group_by_length", "history_length", "dim", "num_interests"):
            require(getattr(self, key) >= 1, f"{key} must be at least 1", getattr(self, key))
        for key in ("seed", "threads", "num_negatives"):
            require(getattr(self, key) >= 0, f"{key} must be at least 0", getattr(self, key))
        require(self.precision in PRECISIONS, f"precision must be {' or '.join(PRECISIONS)}",
                self.precision)  # fmt: skip
        require("/" not in self.name, "name must have no slash (see hydra.run.dir)", self.name)


PRECISIONS = ("fp32", "bf16")
PARTS = frozenset({
    "dataset", "split", "sampling", "negatives", "likelihood", "selection", "loss",
    "regularisation", "backbone", "readout", "similarity", "aggregation", "table", "optimizer",
    "schedule", "averaging", "evaluation", "metric", "tracker", "trainer",
})  # fmt: skip
GROUPS = frozenset(
    {"loss", "regularisation", "metric", "tracker"}
)  # parts that hold several named components


def settings(config: Mapping[str, Any]) -> Settings:
    """The root values, typed and in range.

    Raises:
        Mistake: a root key that is neither a value nor a part, or a value of another kind.
    """
    known = {field.name for field in fields(Settings)} | PARTS
    for key in config.keys() - known:
        raise Mistake(f"{key} is no option; the options are: {', '.join(sorted(known))}")
    for key in known - config.keys():
        raise Mistake(f"{key} must be given")
    values = {key: value for key, value in config.items() if key not in PARTS}
    return Settings(**typed(Settings, values, ""))


def device_of(name: str) -> torch.device:
    """The device of a name; `auto` is a GPU where there is one.

    Where no GPU is named by its number, each process of torchrun has one of its own.

    Raises:
        Mistake: a name that is no device, or a device that is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type == "cuda" and ":" not in name:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise Mistake(f"device must be auto, cpu or a GPU that is here, got {name!r}") from error
    return device
