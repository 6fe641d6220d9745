"""The items by the ids of their source: what they are called, and how often they came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl
from jaxtyping import Bool, Int
from torch import Tensor

from bam.data.dataset.build.store import read_catalogue
from bam.evaluation.facts import genre_table


@dataclass(frozen=True)
class Items:
    """What is known of each item."""

    # id, title and genres; row i is item i; row 0, padding, is empty
    frame: pl.DataFrame
    count: Int[Tensor, " V1"]  # interactions that the model was trained on

    @cached_property
    def number(self) -> dict[str, int]:
        """The model's number of each id."""
        return {text: number for number, text in enumerate(self._ids) if number}

    @cached_property  # lists: of a few items, a frame gives them ten times as slowly
    def _ids(self) -> list[str]:
        return self.frame["id"].to_list()

    @cached_property
    def _titles(self) -> list[str]:
        return self.frame["title"].to_list()

    @cached_property
    def popular(self) -> Int[Tensor, " V"]:
        """Every item, the one with the most interactions first."""
        return self.count[1:].argsort(descending=True, stable=True) + 1

    @cached_property
    def genres(self) -> Bool[Tensor, "V1 G"]:
        """Which genres each item has."""
        number = pl.Series(range(len(self.frame)), dtype=pl.Int32)
        return genre_table(number, self.frame["genres"], len(self.frame) - 1)

    def texts(self, numbers: Iterable[int]) -> list[str]:
        """The ids of these items."""
        return [self._ids[number] for number in numbers]

    def titles(self, numbers: Iterable[int]) -> list[str]:
        """The titles of these items; empty where there is none."""
        return [self._titles[number] for number in numbers]

    def is_cold(self, numbers: Int[Tensor, " M"]) -> Bool[Tensor, " M"]:
        """Which of these items no interaction has trained."""
        return self.count[numbers] == 0

    def cold(self, numbers: Int[Tensor, " M"]) -> list[str]:
        """The ids of those of these items that no interaction has trained."""
        return self.texts(numbers[self.is_cold(numbers)].unique().tolist())

    def find(self, texts: Sequence[str]) -> tuple[list[int], list[str]]:
        """The numbers of the ids that are known, in their order; and the ids that are not."""
        known = [self.number[text] for text in texts if text in self.number]
        return known, [text for text in texts if text not in self.number]


def read_items(folder: Path, count: Int[Tensor, " V1"]) -> Items:
    """The items of a prepared data set; one without a name has its number as its id."""
    known = read_catalogue(folder).rename({"original_id": "id"})
    number = pl.DataFrame({"item": range(len(count))}, schema={"item": pl.Int32})
    own_number = pl.when(pl.col("item") > 0).then(pl.col("item").cast(pl.String))
    frame = number.join(known, "item", "left", maintain_order="left").select(
        id=pl.coalesce("id", own_number).fill_null(""),
        title=pl.col("title").fill_null(""),
        genres=pl.col("genres").fill_null(""),
    )
    return Items(frame, count)
