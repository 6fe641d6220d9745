"""Tables of a user's own, in every form."""

import gzip
import io
import json
import zipfile

import polars as pl

from tests.contracts.source import DAY
from tests.data.dataset import own_table
from tests.fuzz.reader import Reader, keep_contract


def text(*rows, separator=","):
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode()


ROWS = [(f"u{n % 3}", f"i{n % 4}", DAY + n, 1 + n % 5) for n in range(12)]
COLUMNS = {"user": "user", "item": "item", "time": "time", "rating": "rating"}
HEADER = tuple(COLUMNS)
OBJECTS = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
LISTS = [{"user": f"u{n}", "item": ["a", "b", "c"][n:]} for n in range(3)]
CSV = text(HEADER, *ROWS)
ITEMS = text(("item", "title", "genres"), ("i1", "One", "A|B"), ("i2", '"Two, or so"', "A"))
SEQUENCES = text(*((f"u{n}", "i1", "i2", "i3", "i1")[: n + 3] for n in range(3)), separator=" ")
META = b"""{'asin': 'i1', 'title': 'One', 'categories': [['A', 'B']]}\n{'asin': 'i9'}\n"""


def packed_parquet(frame):
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_csv", ".csv"), content)
    return buffer.getvalue()


def table(raw, columns=COLUMNS, **options):
    return lambda folder: keep_contract(own_table.prepare(folder / raw, columns, **options))


def lines(raw, **options):
    return lambda folder: keep_contract(own_table.prepare_sequences(folder / raw, **options))


OWN = {
    "csv": Reader({"my.csv": CSV}, table("my.csv")),
    "csv by position": Reader(
        {"my.csv": text(*ROWS)}, table("my.csv", {"user": "0", "item": "1", "time": "2"})
    ),
    "csv with quotes": Reader(
        {"my.csv": text(HEADER, *((f'"{u}"', f'"a, ""{i}"""', t, r) for u, i, t, r in ROWS))},
        table("my.csv"),
    ),
    "csv with titles": Reader(
        {"my.csv": CSV, "items.csv": ITEMS},
        lambda folder: table(
            "my.csv", catalogue=str(folder / "items.csv"),
            catalogue_columns={"item": "item", "title": "title", "genres": "genres"},
        )(folder),
    ),
    "latin-1": Reader(
        {"my.csv": CSV.replace(b"i1", "é1".encode("latin-1"))}, table("my.csv", encoding="latin-1")
    ),
    "utf-16": Reader({"my.csv": CSV.decode().encode("utf-16")}, table("my.csv")),
    "tsv": Reader({"my.tsv": text(HEADER, *ROWS, separator="\t")}, table("my.tsv")),
    "dates": Reader(
        {"my.csv": text(HEADER, *((u, i, f"2020-01-0{r} 10:00", r) for u, i, _, r in ROWS))},
        table("my.csv"),
    ),
    "json lines": Reader(
        {"my.jsonl": "".join(json.dumps(row) + "\n" for row in OBJECTS).encode()}, table("my.jsonl")
    ),
    "json lists": Reader(
        {"my.jsonl": "".join(json.dumps(row) + "\n" for row in LISTS).encode()},
        table("my.jsonl", own_table.NAMED),
    ),
    "sequences": Reader({"my.txt": SEQUENCES}, lines("my.txt")),
    "sequences with Amazon's titles": Reader(
        {"my.txt": SEQUENCES, "meta.json": META},
        lambda folder: lines("my.txt", catalogue=str(folder / "meta.json"))(folder),
    ),
    "several files": Reader(
        {"raw/1.csv": CSV, "raw/2.csv": CSV.replace(b"u1", b"v1")}, table("raw")
    ),
}  # fmt: skip
PACKED = {
    "parquet": Reader({"my.parquet": packed_parquet(pl.DataFrame(OBJECTS))}, table("my.parquet")),
    "parquet lists": Reader(
        {"my.parquet": packed_parquet(pl.DataFrame(LISTS))}, table("my.parquet", own_table.NAMED)
    ),
    "zip": Reader({"my.zip": zipped(my_csv=CSV)}, table("my.zip")),
    "gz": Reader({"my.csv.gz": gzip.compress(CSV)}, table("my.csv.gz")),
}  # fmt: skip
