"""Whether the parts of a model work with an item table that processes share out."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from bam.config.target import find_target
from bam.errors import require
from bam.system.shards import Shards


def check_shards(shards: Shards, table: Any, aggregation: Any, trust: Sequence[str]) -> None:
    """Refuse what needs the rows of all items in one process.

    A table that can be shared out has the parameter `shards`.

    Raises:
        Mistake: the table or the aggregation needs them, or there are fewer rows than processes.
    """
    if shards.is_whole:
        return
    target = table["_target_"] if isinstance(table, Mapping) else ""
    possible = "shards" in inspect.signature(find_target(target, "table", trust)).parameters
    require(possible, "table must be normal with shard_table=true on several processes", target)
    rule = "aggregation must not be mixture with shard_table=true, as it sums over all items"
    name = type(aggregation).__name__
    require(not getattr(aggregation, "normalises_each", False), rule, name)
    least, V = 2 * shards.processes.size, shards.num_rows - 1
    require(least <= V, f"shard_table=true needs at least {least} items", V)
