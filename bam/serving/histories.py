"""Histories: of a data set's users, and of anybody else."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from bam.errors import Mistake
from bam.serving.items import Items


@dataclass(frozen=True)
class History:
    """What one user has met, oldest first."""

    user: str  # the id under which the answer is given
    items: Int[Tensor, " M"]  # all of them, as the model numbers them
    unknown: tuple[str, ...]  # ids that the data set does not have: they are left out
    times: Int[Tensor, " T"]  # of the items, in seconds; empty where they are not known


@dataclass(frozen=True)
class Users:
    """The users of a data set, each with `items[start:stop]`; an export may have none."""

    ids: pl.Series
    items: Int[Tensor, " N"]
    start: Int[Tensor, " U"]
    stop: Int[Tensor, " U"]
    times: Int[Tensor, " T"]  # one an item; empty where they are not known

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
        if users:
            self.require_some()
        if unknown := [repr(user) for user in users if user not in self.number]:
            raise Mistake(
                "users must be users of the data set (with until, of that part), got "
                f"{', '.join(unknown)}; history=[...] is for anybody else"
            )
        return [self._of(self.number[user]) for user in users]

    def all(self) -> list[History]:
        """Every user's items.

        Raises:
            Mistake: an export has none.
        """
        return list(self.each())

    def each(self) -> Iterator[History]:
        """As `all`, made one by one."""
        self.require_some()
        return map(self._of, range(len(self.ids)))

    def require_some(self) -> None:
        """Refuse to look for users where there are none.

        Raises:
            Mistake: there are none.
        """
        if not len(self.ids):
            raise Mistake(
                "this export holds no histories: export the run again with histories=true, "
                "or give the items of a history, and no user"
            )

    def _of(self, place: int) -> History:
        start, stop = int(self.start[place]), int(self.stop[place])
        items, times = self.items[start:stop].long(), self.times[start:stop]
        return History(self.ids[place], items, (), times)


def read_history(items: Items, texts: Iterable[str | int], user: str = "") -> History:
    """A history of the source's ids, oldest first; those that are unknown are named in it."""
    known, unknown = items.find([str(text) for text in texts])
    met = torch.tensor(known, dtype=torch.int64)
    return History(user, met, tuple(unknown), met[:0])


def pad_histories(
    histories: Sequence[History], length: int
) -> tuple[Int[Tensor, "B L"], Int[Tensor, "B W"]]:
    """The last `length` items of each, oldest first, PAD at the end: as in training.

    Then their times: W is L, or 0 where those of any history are not known.
    """
    read = pad_sequence([one.items[-length:] for one in histories], batch_first=True)
    if not all(len(one.times) for one in histories):
        return read, read[:, :0]
    return read, pad_sequence([one.times[-length:] for one in histories], batch_first=True)
