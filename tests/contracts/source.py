"""What every raw format must do: a tiny file of it is known, and read whole.

TINY has a file for each format, by the format's name. All hold the same five interactions.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bam.data.dataset.read.times import SECOND

# user, item, rating, time: user 7 rated 30 and 4 in the same second, 30 first
DAY = 978_300_000  # seconds
LOG = [(7, 30, 5, DAY + 900), (2, 4, 3, DAY + 500), (7, 4, 1, DAY + 900), (7, 111, 2, DAY + 100),
       (2, 30, 4, DAY + 600)]  # fmt: skip


@dataclass(frozen=True)
class Tiny:
    """A file of five interactions, and which of their fields are in it."""

    file: str
    line: Callable[[int, int, int, int], str]
    header: str = ""
    user: Callable[[int], object] = str
    item: Callable[[int], object] = str
    timed: bool = True
    rated: bool = True

    def write(self, folder: Path) -> Path:
        """The file in a folder that has nothing else."""
        folder.mkdir(parents=True)
        lines = [self.header] * bool(self.header) + [self.line(*row) for row in LOG]
        (folder / self.file).write_text("\n".join(lines) + "\n")
        return folder / self.file

    def rows(self) -> list[tuple]:
        """What a reader must give of it."""
        return [
            (
                self.user(user),
                self.item(item),
                *[time * SECOND] * self.timed,
                *[rating] * self.rated,
            )
            for user, item, rating, time in LOG
        ]


def check_it_knows_its_file(known, tiny, folder):
    path = tiny.write(folder / "knows")
    for raw in (path, path.parent):
        assert [part.path for part in known.find(raw)] == [path]


def check_every_interaction_is_read_in_file_order(known, tiny, folder):
    tiny.write(folder / "reads")
    parts = known.find(folder / "reads")
    if parts:
        assert [row for chunk in known.chunks(*parts) for row in chunk.rows()] == tiny.rows()


def asin(item):
    return f"B{item:09}"


def reviewer(user):
    return f"A{user}"


def of_json(**keys):
    """A line of JSON with these keys for user, item, rating and time."""

    def line(user, item, rating, time):
        return json.dumps({name: value(user, item, rating, time) for name, value in keys.items()})

    return line


def amazon(file, line, header=""):
    return Tiny(file, line, header, user=reviewer, item=asin)


TINY = {
    "u.data of MovieLens 100K": Tiny("u.data", lambda u, i, r, t: f"{u}\t{i}\t{r}\t{t}"),
    "ratings.dat of MovieLens 1M or 10M": Tiny(
        "ratings.dat", lambda u, i, r, t: f"{u}::{i}::{r}::{t}"
    ),
    "ratings.csv of MovieLens 20M and later": Tiny(
        "ratings.csv", lambda u, i, r, t: f"{u},{i},{r}.0,{t}", "userId,movieId,rating,timestamp"
    ),
    "RecBole's .inter": Tiny(
        "tiny.inter", lambda u, i, r, t: f"{i}\t{u}\t{t}.0\t{r}",
        "item_id:token\tuser_id:token\ttimestamp:float\trating:float",
    ),
    "`user item` lines": Tiny(
        "tiny.txt", lambda u, i, r, t: f"{u} {i}", user=int, item=int, timed=False, rated=False
    ),
    "ratings_CATEGORY.csv of 2014": amazon(
        "ratings_Tiny.csv", lambda u, i, r, t: f"{reviewer(u)},{asin(i)},{r}.0,{t}"
    ),
    "CATEGORY.csv of 2018": amazon(
        "Tiny.csv", lambda u, i, r, t: f"{asin(i)},{reviewer(u)},{r}.0,{t}"
    ),
    "CATEGORY.csv of 2023": amazon(
        "Tiny.csv", lambda u, i, r, t: f"{reviewer(u)},{asin(i)},{r}.0,{t}000",
        "user_id,parent_asin,rating,timestamp",
    ),
    "CATEGORY.json.gz of 2014 or 2018": amazon(
        "reviews_Tiny_5.json",
        of_json(reviewerID=lambda u, i, r, t: reviewer(u), asin=lambda u, i, r, t: asin(i),
                overall=lambda u, i, r, t: r, unixReviewTime=lambda u, i, r, t: t),
    ),
    "CATEGORY.jsonl.gz of 2023": amazon(
        "Tiny.jsonl",
        of_json(rating=lambda u, i, r, t: r, parent_asin=lambda u, i, r, t: asin(i),
                user_id=lambda u, i, r, t: reviewer(u), timestamp=lambda u, i, r, t: 1000 * t),
    ),
    "review.json of the Yelp Open Dataset": amazon(
        "yelp_academic_dataset_review.json",
        of_json(review_id=lambda u, i, r, t: "r", user_id=lambda u, i, r, t: reviewer(u),
                business_id=lambda u, i, r, t: asin(i), stars=lambda u, i, r, t: r,
                date=lambda u, i, r, t: f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%S}"),
    ),
    "loc-gowalla_totalCheckins.txt.gz": Tiny(
        "loc-gowalla_totalCheckins.txt",
        lambda u, i, r, t: f"{u}\t{datetime.fromtimestamp(t, UTC):%Y-%m-%dT%H:%M:%SZ}\t3\t-9\t{i}",
        rated=False,
    ),
}  # fmt: skip
