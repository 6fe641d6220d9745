"""The users of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import require
from bam.serving.histories import History, Users


@dataclass(frozen=True)
class People:
    """The users of the page, with what they did before their test targets, and these."""

    histories: Sequence[History]  # U
    days: Sequence[Int[Tensor, " M"]]  # since 1970, one an item; empty where there are no times
    target: Int[Tensor, "U T"]  # PAD: no target


def choose_users(users: Users, ids: Sequence[str], sample: int, seed: int) -> Int[Tensor, " M"]:
    """The places of the users of these ids; without ids, of a sample of those with a history.

    Raises:
        Mistake: an id is of no test user, or of one without a history.
    """
    known = users.stop > users.start
    for user in map(str, ids):
        found = user in users.number and bool(known[users.number[user]])
        require(found, "users must be test users of the data set who have a history", user)
    if ids:
        return torch.tensor([users.number[user] for user in dict.fromkeys(map(str, ids))])
    some = known.nonzero()[:, 0]
    drawn = torch.randperm(len(some), generator=torch.Generator().manual_seed(seed))[:sample]
    return some[drawn.sort().values]
