"""Preparing in pieces of any size gives, byte for byte, what a few plain loops give."""

import io
from collections import Counter
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bam.data.dataset.build import rows as pieces
from bam.data.dataset.build import store
from bam.data.dataset.read import lines, parquet
from bam.errors import Mistake
from tests.data.dataset.own_table import prepare, read_users, write
from tests.data.dataset.tiny_raw import no_filters

DAY = 1_398_902_400  # 1 May 2014
COLUMNS = {name: name for name in ("user", "item", "time", "order", "rating")}
IDS = st.sampled_from(["u1", "u2", "u10", "é", "a b", "7"]) | st.integers(-2, 12).map(str)
ROW = st.fixed_dictionaries(
    {
        "user": IDS,
        "item": IDS,
        "time": st.integers(DAY - 2, DAY + 2),  # few, so that many are equal
        "order": st.sampled_from([0.0, 1.0, 2.5]),
        "rating": st.integers(1, 5),
    }
)
FILTERS = st.fixed_dictionaries(
    {
        "since": st.sampled_from(["", "2014-05-01"]),
        "until": st.sampled_from(["", "2014-05-01T00:00:02"]),
        "min_rating": st.sampled_from([0.0, 0.0, 3.0]),
        "duplicates": st.sampled_from(["all", "first", "last"]),
        "consecutive": st.sampled_from(["all", "drop"]),
        "user_core": st.integers(1, 3),
        "item_core": st.integers(1, 3),
        "min_length": st.integers(1, 3),
    }
)


def choose(rows, filters):
    """The rows that are left, each user's together and in order."""
    since, until = (
        datetime.fromisoformat(filters[name]).replace(tzinfo=UTC).timestamp()
        if filters[name]
        else None
        for name in ("since", "until")
    )
    left = [row for row in rows if since is None or row["time"] >= since]
    left = [row for row in left if until is None or row["time"] < until]
    left = [row for row in left if row["rating"] >= filters["min_rating"]]
    left.sort(key=lambda row: (row["user"], row["part"], row["time"], row["order"]))
    if filters["duplicates"] != "all":
        met = {}
        for row in left if filters["duplicates"] == "last" else reversed(left):
            met[row["user"], row["item"]] = row
        left = [row for row in left if met[row["user"], row["item"]] is row]
    if filters["consecutive"] == "drop":
        runs = groupby(left, key=lambda row: (row["user"], row["item"]))
        left = [next(run) for _, run in runs]
    before = None
    while before != len(left):
        before = len(left)
        left = frequent(left, "user", filters["user_core"])
        left = frequent(left, "item", filters["item_core"])
    return frequent(left, "user", filters["min_length"])


def frequent(rows, column, times):
    count = Counter(row[column] for row in rows)
    return [row for row in rows if count[row[column]] >= times]


def numbered(rows, column):
    """The ids in the order of their numbers."""
    ids = {row[column] for row in rows}
    try:
        return sorted(ids, key=int)
    except ValueError:
        return sorted(ids, key=str.encode)


def arrays(rows):
    """The arrays of the prepared folder."""
    users, items = numbered(rows, "user"), numbered(rows, "item")
    rows = sorted(rows, key=lambda row: users.index(row["user"]))
    count = Counter(row["user"] for row in rows)
    return {
        "offsets.npy": np.cumsum([0, *(count[user] for user in users)]),
        "items.npy": np.array([1 + items.index(row["item"]) for row in rows], np.int32),
        "times.npy": np.array([row["time"] for row in rows]),
        "part.npy": np.array([row["part"] for row in rows], np.int8),
    }


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


WRITE = {
    "csv": pl.DataFrame.write_csv,
    "jsonl": pl.DataFrame.write_ndjson,
    "parquet": pl.DataFrame.write_parquet,
}


def write_all(folder, form, files):
    """A file of each list of rows, in the order of their names."""
    folder.mkdir()
    for name, rows in files.items():
        WRITE[form](pl.DataFrame(rows).select(*COLUMNS), folder / f"{name}.{form}")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(lines, "SIZE", 60)
    monkeypatch.setattr(parquet, "ROWS", 3)
    monkeypatch.setattr(store, "LINES", 2)


@pytest.mark.parametrize("form", WRITE)
def test_pieces_of_any_size_give_what_loops_give(form, monkeypatch):
    sizes = st.sampled_from([1, 3, 1000])

    @given(st.lists(ROW, min_size=3, max_size=20), FILTERS, st.booleans(), sizes)
    def check(rows, filters, are_split, size):
        monkeypatch.setattr(pieces, "ROWS", size)
        rows = [{**row, "part": n % 3 if are_split else 0} for n, row in enumerate(rows)]
        files = {"my": rows}
        if are_split:
            names = ("train", "valid", "test")
            files = {name: rows[n::3] for n, name in enumerate(names)}
            rows = [row for name in names for row in files[name]]
        left = choose(rows, filters)
        with TemporaryDirectory() as folder:
            raw = Path(folder) / "raw"
            write_all(raw, form, files)
            if not left:
                with pytest.raises(Mistake, match=f"none of {len(rows)} is left"):
                    prepare(raw, COLUMNS, filters=no_filters(**filters))
                return
            data = prepare(raw, COLUMNS, filters=no_filters(**filters))
            expected = arrays(left)
            if not are_split:
                del expected["part.npy"]
            found = {path.name: path.read_bytes() for path in data.folder.glob("*.npy")}
            assert found == {name: saved(array) for name, array in expected.items()}
            assert read_users(data.folder) == numbered(left, "user")
            ids = store.read_catalogue(data.folder)["original_id"].to_list()
            assert ids == numbered(left, "item")

    check()


@pytest.mark.parametrize("others", [["3", "03", "-4.00"], ["3", "x"]])
def test_numbers_that_are_written_in_two_ways_are_one_id_in_all_pieces(others, tmp_path):
    users = ["1", "2.0", "1.0", "1.0", "2.0", "2", *others, "1.0", "2"] * 5
    write(tmp_path / "my.csv", "\n".join(["user,item", *(f"{user},a" for user in users)]))
    data = prepare(tmp_path / "my.csv", {"user": "user", "item": "item"})
    joined = [user.removesuffix(".00").removesuffix(".0") for user in users]
    count = Counter(users if "x" in others else joined)
    assert dict(zip(read_users(data.folder), data.offsets.diff().tolist(), strict=True)) == count


def medium():
    """2,000 rows that look random, and are the same everywhere."""
    state = 1
    for _ in range(2000):
        state = state * 6364136223846793005 % 2**64 + 1442695040888963407
        a, b, c = (state >> 20) % 97, (state >> 33) % 61, (state >> 45) % 1000
        yield {"user": f"u{a}", "item": str(b), "time": DAY + c, "order": float(c % 2),
               "rating": 1 + c % 5}  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "checksum"),
    [
        ({}, "f022fbe61c611687"),
        ({"duplicates": "last", "user_core": 12, "item_core": 15}, "705d37fa3be27499"),
        (
            {"since": "2014-05-01T00:05", "min_rating": 2.0, "consecutive": "drop"},
            "3f40c524b10d33d1",
        ),
    ],
)
def test_the_data_are_those_of_earlier_versions(filters, checksum, tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "SIZE", 10_000)
    monkeypatch.setattr(pieces, "ROWS", 500)
    write_all(tmp_path / "raw", "csv", {"my": list(medium())})
    data = prepare(tmp_path / "raw", COLUMNS, filters=no_filters(**filters))
    assert data.checksum == checksum
