"""The users of an experiment as lists, for the programs that ours is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

from bam.config.instantiate import component
from bam.config.settings import settings
from bam.records import Interactions
from bam.system.device import find_device
from bam.system.threads import use_threads

SHORTEST = 4  # one item of history, one to train, one to validate, one to test


@dataclass(frozen=True)
class Users:
    """Each user's items in time order, ids 1..num_items, and the device to compute on."""

    items: list[list[int]]
    num_items: int
    device: torch.device


def load_users(config: Mapping[str, Any]) -> Users:
    """The users who have enough items; PyTorch gets the threads of the experiment."""
    shared = settings(config)
    use_threads(shared.threads)
    data: Interactions = component(config["dataset"], "dataset", shared.trust)
    edges, items = data.offsets.tolist(), data.items.tolist()
    users = [items[a:b] for a, b in pairwise(edges) if b - a >= SHORTEST]
    return Users(users, data.num_items, find_device(shared.device))
