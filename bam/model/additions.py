"""Sparse scores that are added to those of the model."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

SHIFT = 32  # bits of a row in the key of an item and a row


@dataclass(frozen=True)
class Additions:
    """User `row[i]` scores `item[i]` higher by `score[i]`, which is at least 0, or -inf: excluded.

    Sorted by item, then by row; no pair comes twice.
    """

    row: Int[Tensor, " M"]
    item: Int[Tensor, " M"]
    score: Float[Tensor, " M"]

    @staticmethod
    def none(device: torch.device) -> "Additions":
        """Nothing is added."""
        empty = torch.empty(0, dtype=torch.int64, device=device)
        return Additions(empty, empty, torch.empty(0, device=device))

    @staticmethod
    def excluding(row: Int[Tensor, " M"], item: Int[Tensor, " M"]) -> "Additions":
        """-inf to each of these pairs, in their order; a pair may come several times."""
        key = (item << SHIFT | row).unique()
        score = torch.full(key.shape, -torch.inf, device=key.device)
        return Additions(key & (1 << SHIFT) - 1, key >> SHIFT, score)

    @staticmethod
    def summed(
        row: Int[Tensor, " M"], item: Int[Tensor, " M"], score: Float[Tensor, " M"]
    ) -> "Additions":
        """In their order, with the sum of the scores of a pair that comes several times."""
        key, place = (item << SHIFT | row).sort(stable=True)  # sums do not depend on other users
        key, pair = key.unique_consecutive(return_inverse=True)
        total = torch.zeros(len(key), device=score.device).index_add_(0, pair, score[place])
        return Additions(key & (1 << SHIFT) - 1, key >> SHIFT, total)

    def write(self, scores: Float[Tensor, "*k B v"], first: int) -> None:
        """Add them to a block of scores, whose first item is `first`."""
        if not len(self.item):
            return
        ends = torch.tensor([first, first + scores.shape[-1]], device=self.item.device)
        start, stop = torch.searchsorted(self.item, ends).tolist()
        here = slice(start, stop)
        scores[..., self.row[here], self.item[here] - first] += self.score[here]

    def of(self, item: Int[Tensor, "B n"]) -> Float[Tensor, "B n"]:
        """What is added to these items of each user; 0 to others."""
        if not len(self.item):
            return torch.zeros(item.shape, device=item.device)
        row = torch.arange(len(item), device=item.device)[:, None]
        wanted, key = item << SHIFT | row, self.item << SHIFT | self.row
        place = torch.searchsorted(key, wanted).clamp(max=len(key) - 1)
        return torch.where(key[place] == wanted, self.score[place], 0.0)

    def items(self, users: int) -> Int[Tensor, "B A"]:
        """The items of each of the users that are not excluded, PAD at the end."""
        kept = self.score > -torch.inf
        order = self.row[kept].argsort(stable=True)
        length = torch.bincount(self.row[kept], minlength=users).tolist()
        return pad_sequence(self.item[kept][order].split(length), batch_first=True)

    def best(self, users: int, n: int) -> Int[Tensor, "B n"]:
        """The n items of each of the users to which most is added, best first, PAD at the end."""
        kept = self.score > -torch.inf
        row, item, score = self.row[kept], self.item[kept], self.score[kept]
        order = score.argsort(descending=True, stable=True)
        order = order[row[order].argsort(stable=True)]
        length = torch.bincount(row, minlength=users).tolist()
        lists = [one[:n] for one in item[order].split(length)]
        found = pad_sequence([*lists, item.new_zeros(n)], batch_first=True)
        return found[:users]

    def plus(self, other: "Additions") -> "Additions":
        """Both; what is excluded by one of them is excluded."""
        if not len(self.item) or not len(other.item):
            return self if len(self.item) else other
        pairs = ((self.row, other.row), (self.item, other.item), (self.score, other.score))
        return Additions.summed(*(torch.cat(pair) for pair in pairs))

    def select(self, rows: Int[Tensor, " R"], users: int) -> "Additions":
        """Those of these of the users, which rise, and are now the rows 0, 1, ..."""
        place = torch.full((users,), -1, device=rows.device)
        place[rows] = torch.arange(len(rows), device=rows.device)
        row = place[self.row]
        kept = row >= 0
        return Additions(row[kept], self.item[kept], self.score[kept])

    def repeated(self, K: int) -> "Additions":
        """The same for K rows in place of each: row b becomes the rows bK to bK + K - 1."""
        row = (self.row[:, None] * K + torch.arange(K, device=self.row.device)).flatten()
        return Additions(row, self.item.repeat_interleave(K), self.score.repeat_interleave(K))
