"""Rank targets among all items, block by block: one score over interests, and a count."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import embedding, pad

from bam.model.aggregation.maximum import maximum
from bam.nn.matmul import linear, prepack
from bam.records import Mixture
from bam.system.device import choose
from bam.system.shards import Shards

Pool = Callable[..., Tensor]  # (scores [*b K S], out [*b S]): the scores of K interests as one
Look = Callable[[int, Tensor], None]  # (first item, scores [B K w]) of a tile, which it may change
ALONE: Pool = maximum  # of one interest: its own score
TILE = {"cpu": 512, "cuda": 4096}  # items: few enough for a cache, enough for a quick product
COLUMNS = 32  # a tile's width is a multiple of it, and so of what a vector of any processor holds


@dataclass(frozen=True)
class GivenScores:
    """Scores that are not the model's: user `row[i]` gives `item[i]` `score[i]`."""

    row: Int[Tensor, " M"]
    item: Int[Tensor, " M"]
    score: Float[Tensor, "*k M"]  # one for all interests, or [K M]

    def write(self, scores: Float[Tensor, "*k B v"], first: int) -> None:
        """Put them into a block of scores, whose first item is `first`."""
        inside = (self.item >= first) & (self.item < first + scores.shape[-1])
        here = inside.nonzero()[:, 0]  # once, and not for each of what follows
        scores[..., self.row[here], self.item[here] - first] = self.score[..., here]


@dataclass(frozen=True)
class Tiling:
    """How items are cut into tiles of one width, so that all scores are rounded alike.

    Libraries choose another kernel for another shape, and MKL for the columns beyond a multiple of
    its vectors too: an item there would not tie with its equal elsewhere.
    """

    width: int
    pack: Callable[[Tensor], Tensor]  # a tile as products read it most quickly

    @staticmethod
    def even(items: int, most: int, pack: Callable[[Tensor], Tensor]) -> "Tiling":
        """The fewest tiles of at most `most` items, which are filled up as little as possible."""
        tiles = -(-items // most)
        return Tiling(-(-items // (tiles * COLUMNS)) * COLUMNS, pack)

    def blocks(self, items: Float[Tensor, "N D"], size: int) -> list[list[Tensor]]:
        """These items in blocks of `size` tiles; the last tile is filled up with zeros."""
        *full, last = items.split(self.width)
        last = pad(last, (0, 0, 0, self.width - len(last)))
        tiles = [self.pack(tile) for tile in (*full, last)]
        return [tiles[i : i + size] for i in range(0, len(tiles), size)]


@dataclass(frozen=True)
class Catalogue:
    """Every item, or those that this process holds: as a table, and in blocks of tiles."""

    table: Float[Tensor, "v D"]
    tiling: Tiling
    blocks: list[list[Tensor]]  # in which the items are scored
    shards: Shards  # which items are in the table
    rows: Callable[[Tensor], Tensor]  # of any ids; processes that share out the items call it alike

    @staticmethod
    def of(table: Float[Tensor, "V1 D"], block: int, rows: int, copied: bool) -> "Catalogue":
        """In blocks of about `block` items; a copy is laid out for products of `rows` rows."""
        return Catalogue.of_shard(table, block, rows, copied, Shards.alone(len(table)), None)

    @staticmethod
    def of_shard(
        table: Float[Tensor, "v D"],
        block: int,
        rows: int,
        copied: bool,
        shards: Shards,
        fetch: Callable[[Tensor], Tensor] | None,
    ) -> "Catalogue":
        """As `of`, of the rows of this process; the tiles of all processes have one width.

        `fetch` gives rows of any ids from all processes, where this one has not all.
        """
        pack = partial(prepack, rows=rows) if copied else torch.Tensor.contiguous
        tiling = Tiling.even(shards.num_rows, min(block, choose(table.device, TILE)), pack)
        size = max(1, block // tiling.width) if block < len(table) else len(table)
        anywhere = partial(_rows_of, table) if fetch is None or shards.is_whole else fetch
        return Catalogue(table, tiling, tiling.blocks(table, size), shards, anywhere)

    @property
    def is_one_block(self) -> bool:
        """Whether one block has all items."""
        return self.shards.is_whole and len(self.blocks) == 1

    def of_items(self, item: Int[Tensor, " M"]) -> "Catalogue":
        """These items alone, in tiles of the same width, one a block."""
        table = self.rows(item)
        blocks = self.tiling.blocks(table, 1)
        return Catalogue(table, self.tiling, blocks, Shards.alone(len(table)), self.rows)


def _rows_of(table: Float[Tensor, "V1 D"], item: Int[Tensor, "*b"]) -> Float[Tensor, "*b D"]:
    return embedding(item, table)


def alone(mixture: Mixture) -> Mixture:
    """Each interest of each user as a user with one interest: [B K D] becomes [BK 1 D]."""
    return Mixture(
        mixture.vectors.flatten(0, 1)[:, None],
        mixture.routing.flatten(0, 1)[:, None],
        mixture.log_weight.flatten()[:, None],
        mixture.weight.flatten()[:, None],
    )


def pooled_scores(
    mixture: Mixture, tiles: list[Tensor], pool: Pool, look: Look, first: int
) -> Float[Tensor, "B v"]:
    """Every item's score, tile by tile: what K interests give them never lives at once."""
    widths, (B, K, _) = [len(tile) for tile in tiles], mixture.vectors.shape
    flat, log_weight = mixture.vectors.flatten(0, 1), mixture.log_weight.flatten()[:, None]
    gated = bool(log_weight.any())  # to add zeros costs 3 % of a ranking
    pooled = flat.new_empty(B, sum(widths))
    for tile, out in zip(tiles, pooled.split(widths, 1), strict=True):
        each = linear(flat, tile)
        each = (each.add_(log_weight) if gated else each).unflatten(0, (B, K))
        pool(each, out=out)
        look(first, each)
        first += len(tile)
    return pooled


def ignore(first: int, scores: Float[Tensor, "B K w"]) -> None:
    """Do nothing else with the scores of a tile."""


def block_scores(
    mixture: Mixture, catalogue: Catalogue, pool: Pool, look: Look = ignore
) -> Iterator[tuple[int, Float[Tensor, "B v"]]]:
    """Blocks of every item's score, each with its first id.

    `look` sees what each interest gives to the items of each tile, while the tile is in the cache;
    the last tile is filled up with items that are none.
    """
    first, stop = catalogue.shards.own.start, catalogue.shards.own.stop
    for tiles in catalogue.blocks:
        scores = pooled_scores(mixture, tiles, pool, look, first)
        scores = scores[:, : stop - first]
        yield first, scores
        first += scores.shape[1]


def target_and_block_scores(
    mixture: Mixture, catalogue: Catalogue, target: Int[Tensor, "B T"], pool: Pool, look: Look
) -> tuple[Float[Tensor, "B T"], Iterable[tuple[int, Float[Tensor, "B v"]]]]:
    """The scores of each user's targets, and blocks of every item's: by one arithmetic.

    Where one block holds the catalogue, it gives both. Else the targets of all users are scored
    first, in tiles like those of the catalogue. So items that are equal tie, bit by bit.
    """
    blocks = block_scores(mixture, catalogue, pool, look)
    if catalogue.is_one_block:
        [block] = blocks
        return _gather([block], target), [block]
    return target_scores(mixture, catalogue, target, pool), blocks


def target_scores(
    mixture: Mixture, catalogue: Catalogue, target: Int[Tensor, "B T"], pool: Pool
) -> Float[Tensor, "B T"]:
    """The scores of each user's targets alone, in tiles like those of the catalogue."""
    item, place = target.unique(return_inverse=True)
    return _gather(block_scores(mixture, catalogue.of_items(item), pool), place)


def _gather(
    blocks: Iterable[tuple[int, Float[Tensor, "B v"]]], place: Int[Tensor, "B T"]
) -> Float[Tensor, "B T"]:
    """The score in each of these places."""
    found = torch.zeros(place.shape, device=place.device)
    for first, scores in blocks:
        column = place - first
        here = (column >= 0) & (column < scores.shape[1])
        found = torch.where(here, scores.gather(1, column * here), found)
    return found


def count_not_below(scores: Float[Tensor, "B v"], own: Float[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    """How many items of a block do not score below each target: over all blocks, its rank.

    The target itself is one of them. A tie counts against it, and so does a score that is not a
    number.
    """
    tiles = scores.split(choose(scores.device, TILE), 1)
    return scores.shape[1] - torch.stack([_count_below(tile, own) for tile in tiles]).sum(0)


def _count_below(scores: Float[Tensor, "B v"], bound: Float[Tensor, "B T"]) -> Int[Tensor, "B T"]:
    """How many scores of a row are below each bound, counted in float32: quicker than in bool."""
    columns = [column[:, None] for column in bound.unbind(1)]
    below = [torch.lt(scores, column, out=torch.empty_like(scores)).sum(1) for column in columns]
    return torch.stack(below, 1).int()
