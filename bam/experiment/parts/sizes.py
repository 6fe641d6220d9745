"""Are the sizes of an experiment possible, and do they fit into this machine?"""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from bam.config.settings import Settings
from bam.errors import Mistake, require
from bam.records import PAD, Interactions
from bam.system.memory import total_memory

SHARED = ("dim", "num_interests")  # equal in all parts of a model
MODEL = ("aggregation", "backbone", "readout", "selection")
COUNTS = (*SHARED, "history_length", "batch_size")  # at least 1 wherever they occur
LARGEST = 2**31 - 1
LARGEST_INTEGER = 2**63 - 1  # of torch and numpy
BYTES = 4  # of a number in float32


def check_sizes(config: Mapping[str, Any], shared: Settings) -> None:
    """Refuse sizes that cannot work, before anything of such a size is made.

    Raises:
        Mistake: a size is below 1, or a part has another one than the experiment.
    """
    for path, key, value in _numbers(config, ""):
        if key in COUNTS:
            require(value >= 1, f"{path} must be at least 1", value)
            require(value <= LARGEST, f"{path} must be at most {LARGEST}", value)
        require(value <= LARGEST_INTEGER, f"{path} must be at most {LARGEST_INTEGER}", value)
        if key in SHARED and path.startswith(tuple(f"{part}." for part in MODEL)):
            rule = f"{path} must be {key}={getattr(shared, key)}, that of the experiment"
            require(value == getattr(shared, key), rule, value)


def check_memory(data: Interactions, shared: Settings, device: torch.device, rows: int) -> None:
    """Refuse an item table, a batch or negatives that do not fit into memory, before they are made.

    A process has `rows` rows of the table. A batch is no larger than the data, and a history no
    longer than that of a user.
    """
    table = rows * shared.dim
    _require_memory(table, "dim", f"the table of {rows - PAD - 1:,} items", device)
    longest = int((data.offsets[1:] - data.offsets[:-1]).max()) if len(data.offsets) > 1 else 0
    rows = min(shared.batch_size, len(data.items))
    batch = rows * min(shared.history_length, longest) * shared.dim
    _require_memory(batch, "batch_size, history_length or dim", "a batch of histories", device)
    negatives = shared.num_negatives * (shared.dim + rows)
    _require_memory(negatives, "num_negatives, dim or batch_size", "a set of negatives", device)


def check_model(model: nn.Module, trains: bool, sparse: bool, device: torch.device) -> None:
    """Refuse a model that, with its gradients and the optimizer's two moments, does not fit."""
    numbers = sum(weight.numel() for weight in model.parameters())
    copies = (3 if sparse else 4) if trains else 1
    what = "the model with its gradients and moments" if trains else "the model"
    _require_memory(copies * numbers, "dim", what, device)


def _require_memory(numbers: int, options: str, what: str, device: torch.device) -> None:
    wanted, there = numbers * BYTES, total_memory(device)
    if wanted > there:
        raise Mistake(
            f"{options} must be smaller: {what} would take {_gib(wanted)}, and {device} has "
            f"{_gib(there)}"
        )


def _gib(count: int) -> str:
    return f"{count / 2**30:,.1f} GiB"


def _numbers(tree: Any, path: str) -> Iterator[tuple[str, str, int]]:
    """Path, key and value of each whole number of a config."""
    for key, value in tree.items() if isinstance(tree, Mapping) else ():
        if isinstance(value, int) and not isinstance(value, bool):
            yield f"{path}{key}", str(key), value
        else:
            yield from _numbers(value, f"{path}{key}.")
