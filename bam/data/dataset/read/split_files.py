"""Data that come in files of train, valid and test: which of them a file is."""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import polars as pl

from bam.data.dataset.read.part import Part
from bam.errors import Mistake

log = logging.getLogger(__name__)
SPLIT = ("train", "valid", "test")
WORDS = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "validation", "dev"),
    "test": ("test", "testing"),
}

BETWEEN = "[._=-]"  # two parts of a name
WORD = "[A-Z]?[a-z]+|[A-Z]+(?![a-z])"  # two words of testData, one of test2


def label(parts: list[Part], raw: Path) -> list[Part]:
    """Files of train, valid and test in this order, each with its `split`; others as they are.

    A file is one of them by a word in its name, such as x.train.inter, or by that of the nearest
    folder below `raw` that has one: valid/part-0.csv, split=valid/day=1/part-0.csv.

    Raises:
        Mistake: some files are of train, valid or test, and it is not clear what the others are.
    """
    found = {part: _find_split(part, raw) for part in parts}
    names = set(found.values())
    if len(names) <= 1:  # one file, no such words, or all parts of one
        return parts
    if names != set(SPLIT):
        named = ", ".join(f"{part.name} ({split or 'neither'})" for part, split in found.items())
        raise Mistake(
            f"{raw}: must hold files of train, valid and test, or none of them, got {named[:300]}; "
            "dataset.raw must name a folder of the right files, or one file"
        )
    ordered = sorted(parts, key=lambda part: SPLIT.index(found[part]))
    return [replace(part, split=found[part]) for part in ordered]


def complete(part: Part) -> list[Part]:
    """The file, and those beside it whose names differ in the word for train, valid or test."""
    if part.member or not _find_word(part.name):
        return [part]
    files = sorted(path for path in part.path.parent.iterdir() if path.is_file())
    same = without_split(part.name)
    return [
        replace(part, path=path)
        for path in files
        if _find_word(path.name) and without_split(path.name) == same
    ]


def without_split(name: str) -> str:
    """x.inter of x.train.inter."""
    words = re.split(f"({BETWEEN})", name)
    places = [place for place, word in enumerate(words) if _find_word(word)]
    for place in places:
        words[max(place - 1, 0) : place + 1] = [""] * min(place + 1, 2)
    return "".join(words)


def add_split(frame: pl.DataFrame, part: Part) -> pl.DataFrame:
    """The rows with the column `part`: 0 trains, 1 validates, 2 tests; of others none."""
    if not part.split:
        return frame
    return frame.with_columns(part=pl.lit(SPLIT.index(part.split), pl.Int8))


def show_split(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same frames; after the last one the log shows how many interactions each part has.

    The frames have whole users, in the order of part and time. A warning counts the users whose
    times do not agree with the parts.
    """
    counts, users = [0] * len(SPLIT), 0
    for frame in frames:
        if "part" in frame.columns:
            counts = [n + int(frame["part"].eq(i).sum()) for i, n in enumerate(counts)]
            if "time" in frame.columns:
                back = (pl.col("time").diff() < 0) & (pl.col("user").diff() == 0)
                users += frame.filter(back)["user"].n_unique()
        yield frame
    if any(counts):
        named = ", ".join(f"{n:,} {name}" for n, name in zip(counts, SPLIT, strict=True))
        log.info("the files give %s interactions: split=given uses them", named)
    if users:
        line = "%d users have a time in a later file that is before one in an earlier file"
        log.warning(f"{line}: the files decide", users)


def _find_split(part: Part, raw: Path) -> str:
    inside = PurePosixPath(part.member or part.path.name)
    if part.path.is_relative_to(raw) and part.path != raw:
        inside = PurePosixPath(part.path.relative_to(raw))
    return next(filter(None, map(_find_word, reversed(inside.parts))), "")


def _find_word(name: str) -> str:
    """Which of SPLIT a name has a word of; empty for none or several."""
    words = {word.lower() for word in re.findall(WORD, name)}
    found = [split for split in SPLIT if words & set(WORDS[split])]
    return found[0] if len(found) == 1 else ""
