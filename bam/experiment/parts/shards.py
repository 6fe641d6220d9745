"""Whether the parts of a model work with an item table that processes share out."""

import inspect
from collections.abc import Mapping
from typing import Any

from bam.config.settings import Settings
from bam.config.target import find_target
from bam.errors import require
from bam.system.shards import Shards


def check_shards(shards: Shards, table: Any, aggregation: Any, shared: Settings) -> None:
    """Refuse what needs the rows of all items in one process, and what was never tried.

    A table that can be shared out has the parameter `shards`.

    Raises:
        Mistake: the table or the aggregation needs them, the step is to be compiled, or there are
            hardly more items than processes.
    """
    if shards.is_whole:
        return
    require(not shared.compile, "compile must be false with shard_table=true", shared.compile)
    target = table["_target_"] if isinstance(table, Mapping) else ""
    possible = "shards" in inspect.signature(find_target(target, "table", shared.trust)).parameters
    require(possible, "table must be normal with shard_table=true on several processes", target)
    rule = "aggregation must not be mixture with shard_table=true, as it sums over all items"
    name = type(aggregation).__name__
    require(not getattr(aggregation, "normalises_each", False), rule, name)
    least, V = 2 * shards.processes.size, shards.num_rows - 1
    require(least <= V, f"shard_table=true needs at least {least} items", V)
