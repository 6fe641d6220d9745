"""The memory of an experiment and its blending, from their configs."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from torch import nn

from bam.config.instantiate import component
from bam.data.windows import rows_and_items
from bam.model.blend import Blend, Blending
from bam.records import Interactions, Split


def build_blend(
    config: Mapping[str, Any], data: Interactions, split: Split, trust: Sequence[str]
) -> Blend:
    """Both, of a resolved config."""
    memory = build_memory(config["memory"], data, split, trust)
    return Blend(memory, build_blending(config["blending"], data.num_items, trust))


def build_memory(node: Any, data: Interactions, split: Split, trust: Sequence[str]) -> nn.Module:
    """What the training part says of which items go with a history."""
    training = partial(rows_and_items, data.items, split.train.start, split.train.stop)
    memory: nn.Module = component(
        node, "memory", trust, num_items=data.num_items, training=training
    )
    return memory


def build_blending(node: Any, num_items: int, trust: Sequence[str]) -> Blending:
    """What that is worth beside the scores of a model."""
    blending: Blending = component(node, "blending", trust, num_items=num_items)
    return blending
