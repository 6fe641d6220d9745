"""The memory of an experiment and its blending, from their configs."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from bam.config.instantiate import component
from bam.data.windows import rows_and_items
from bam.model.blend import Blend, Blending
from bam.records import Interactions, Split
from bam.run.checkpoint import check
from bam.run.counted import load_counted


def build_blend(
    config: Mapping[str, Any],
    data: Interactions,
    split: Split,
    trust: Sequence[str],
    counted: Path | None = None,
) -> Blend:
    """Both, of a resolved config; what the memory knows is in a file, or is counted now."""
    node = config["memory"]
    if counted:
        memory = read_memory(node, data.num_items, trust, counted, check)
    else:
        memory = build_memory(node, data, split, trust)
    return Blend(memory, build_blending(config["blending"], data.num_items, trust))


def build_memory(node: Any, data: Interactions, split: Split, trust: Sequence[str]) -> nn.Module:
    """What the training part says of which items go with a history."""
    training = partial(rows_and_items, data.items, split.train.start, split.train.stop)
    memory: nn.Module = component(
        node, "memory", trust, num_items=data.num_items, training=training
    )
    return memory


def read_memory(
    node: Any, num_items: int, trust: Sequence[str], path: Path, check: Callable[[Path], None]
) -> nn.Module:
    """A memory with what it had counted when the file was written; `check` is of `load_counted`.

    Raises:
        Mistake: the file is damaged, or of another memory.
    """
    nothing = torch.empty(0, dtype=torch.int64)
    memory: nn.Module = component(
        node, "memory", trust, num_items=num_items, training=lambda: (nothing, nothing)
    )
    load_counted(memory, path, check)
    return memory


def build_blending(node: Any, num_items: int, trust: Sequence[str]) -> Blending:
    """What that is worth beside the scores of a model."""
    blending: Blending = component(node, "blending", trust, num_items=num_items)
    return blending
