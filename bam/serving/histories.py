"""Histories: of a data set's users, and of anybody else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor

from bam.errors import Mistake
from bam.serving.items import Items


@dataclass(frozen=True)
class History:
    """What one user has met, oldest first."""

    user: str  # the id under which the answer is given
    items: Int[Tensor, " M"]  # all of them, as the model numbers them
    unknown: tuple[str, ...]  # ids that the data set does not have: they are left out


@dataclass(frozen=True)
class Users:
    """The users of a data set, each with `items[start:stop]`; an export may have none."""

    ids: pl.Series
    items: Int[Tensor, " N"]
    start: Int[Tensor, " U"]
    stop: Int[Tensor, " U"]

    @cached_property
    def number(self) -> dict[str, int]:
        """The place of each id."""
        return {text: place for place, text in enumerate(self.ids)}

    def history(self, user: str) -> History:
        """One user's items.

        Raises:
            Mistake: no user has the id.
        """
        return self.histories([user])[0]

    def histories(self, users: Sequence[str]) -> list[History]:
        """The items of each of these users, in this order.

        Raises:
            Mistake: no user has the id; it names each such id.
        """
        if unknown := [repr(user) for user in users if user not in self.number]:
            raise Mistake(
                "users must be users of the data set (with until, of that part), got "
                f"{', '.join(unknown)}; history=[...] is for anybody else"
            )
        return [self._of(self.number[user]) for user in users]

    def all(self) -> list[History]:
        """Every user's items."""
        return [self._of(place) for place in range(len(self.ids))]

    def _of(self, place: int) -> History:
        start, stop = int(self.start[place]), int(self.stop[place])
        return History(self.ids[place], self.items[start:stop].long(), ())


def read_history(items: Items, texts: Iterable[str | int], user: str = "") -> History:
    """A history of the source's ids, oldest first; those that are unknown are named in it."""
    known, unknown = items.find([str(text) for text in texts])
    return History(user, torch.tensor(known, dtype=torch.int64), tuple(unknown))


def pad_histories(histories: Sequence[History], length: int) -> Int[Tensor, "B L"]:
    """The last `length` items of each, oldest first, PAD at the end: as in training."""
    last = [history.items[-length:] for history in histories]
    return torch.nn.utils.rnn.pad_sequence(last, batch_first=True)
