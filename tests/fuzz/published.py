"""Every published format, with the titles that lie beside the interactions."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bam.data.dataset.build.download import Download
from bam.data.dataset.file import file
from bam.data.dataset.prepare import prepare
from bam.data.dataset.publisher import amazon, gowalla, movielens, yelp
from tests.contracts.source import TINY
from tests.data.dataset.tiny_raw import ITEMS, no_filters
from tests.fuzz.reader import Reader, keep_contract

NO_DOWNLOAD = Download(origins=[], folder="", by_hand="")
TITLES = {  # their file, by the name of the format
    "u.data of MovieLens 100K": ("u.item", "\n".join(ITEMS)),
    "ratings.dat of MovieLens 1M or 10M": ("movies.dat", "4::Toy Story (1995)::Animation"),
    "ratings.csv of MovieLens 20M and later": (
        "movies.csv", 'movieId,title,genres\n4,"Toy, Story",A|B'),
    "RecBole's .inter": (
        "tiny.item", "item_id:token\tmovie_title:token_seq\tclass:token_seq\n4\tToy Story\tA B"),
    "CATEGORY.json.gz of 2014 or 2018": (
        "meta_Tiny.json", "{'asin': 'B000000004', 'title': 'Ink', 'categories': [['A', 'B']]}"),
    "CATEGORY.jsonl.gz of 2023": (
        "meta_Tiny.jsonl", '{"parent_asin": "B000000004", "title": "Ink", "categories": ["A"]}'),
    "review.json of the Yelp Open Dataset": (
        "yelp_academic_dataset_business.json",
        '{"business_id": "B000000004", "name": "Ink", "categories": "A, B"}'),
}  # fmt: skip
SEQUENCES = "user_id:token\titem_id_list:token_seq\titem_id:token\nu1\ta b\tc\nu1\ta\tb\nu2\tb\ta\n"


@cache
def written(name):
    """The tiny file of a format: its name and bytes."""
    with TemporaryDirectory() as folder:
        path = TINY[name].write(Path(folder) / "raw")
        return path.name, path.read_bytes()


def prepares(name, formats):
    return lambda folder: keep_contract(
        prepare("mine", str(folder / "made"), str(folder / name), NO_DOWNLOAD, formats,
                no_filters(), {}, {}, {}, False)
    )  # fmt: skip


def published(formats, known):
    """A tiny file as it is published, and the titles beside it."""
    name, data = written(known.name)
    beside = {file: titles.encode() + b"\n" for file, titles in [TITLES.get(known.name, ("", ""))]}
    return Reader(
        {name: data, **{file: b for file, b in beside.items() if file}}, prepares(name, formats)
    )


PUBLISHED = {
    known.name: published(publisher.formats(), known)
    for publisher in (movielens, amazon, gowalla, yelp)
    for known in publisher.formats()
} | {
    "RecBole's sequences": Reader(
        {"tiny.inter": SEQUENCES.encode()}, prepares("tiny.inter", movielens.formats())
    ),
    "the published format": Reader(
        {"x.txt": b"1 5\n1 2\n4 9\n", "x.items.tsv": b"item\tasin\ttitle\tgenres\n2\tB0\tInk\tA\n"},
        lambda folder: keep_contract(file("", str(folder / "made"), str(folder / "x.txt"), "")),
    ),
}
