"""Random interactions, written in every form of a table, against what was written."""

import csv
import gzip
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bam.data.dataset.read import lines
from bam.data.dataset.read.cast import MISSING
from bam.errors import Mistake
from tests.data.dataset.own_table import TIMED, read
from tests.data.dataset.tiny_raw import no_filters

PLAIN = st.from_regex(r"[a-z]{1,3}\d{1,2}", fullmatch=True)
NUMBER = st.integers(1, 10**12).map(str)
ANY = st.text("ab1,\";\t|'é🙂 -.", min_size=1, max_size=5).filter(
    lambda text: text.strip() == text and text not in MISSING
)
MOMENT = st.integers(978_300_000, 978_300_009)  # few, so that many are equal


def rows(ids):
    return st.lists(st.tuples(ids, ids, MOMENT), min_size=1, max_size=12)


def expected(rows):
    """`user item` of each row: users in order, as numbers where all are; then in time order."""
    named = [(one_line(user), one_line(item), time) for user, item, time in rows]
    users = {user for user, _, _ in named}
    key = int if all(map(str.isdecimal, users)) else str
    return [
        f"{user} {item}"
        for wanted in sorted(users, key=key)
        for user, item, _ in sorted(named, key=lambda row: row[2])
        if user == wanted
    ]


def one_line(name):
    """As it is read: with one blank in place of several spaces."""
    return " ".join(name.split())


def as_csv(rows, **options):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", **options).writerows([tuple(TIMED), *rows])
    return text.getvalue()


def as_json(rows):
    return "".join(json.dumps(dict(zip(TIMED, row, strict=True))) + "\n" for row in rows)


def as_parquet(rows):
    data = io.BytesIO()
    pl.DataFrame(rows, schema=list(TIMED), orient="row").write_parquet(data)
    return data.getvalue()


def zipped(data):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("my.csv", data)
    return packed.getvalue()


FORMS = {
    "csv": lambda rows: as_csv(rows).encode(),
    "csv with every field in quotes": lambda rows: as_csv(rows, quoting=csv.QUOTE_ALL).encode(),
    "csv of Windows": lambda rows: as_csv(rows).replace("\n", "\r\n").encode("utf-8-sig"),
    "tsv": lambda rows: as_csv(rows, delimiter="\t").encode(),
    "semicolons": lambda rows: as_csv(rows, delimiter=";").encode(),
    "utf-16": lambda rows: as_csv(rows).encode("utf-16"),
    "json lines": lambda rows: as_json(rows).encode(),
    "parquet": as_parquet,
    "gz": lambda rows: gzip.compress(as_csv(rows).encode()),
    "zip": lambda rows: zipped(as_csv(rows)),
}
QUOTED = {  # what a writer of the csv module needs, given as options
    separator: {"separator": separator, "quote": '"', "header": "true"}
    for separator in (",", ";", "|", "\t")
}


def read_bytes(data, **options):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "raw" / "my"
        path.parent.mkdir()
        path.write_bytes(data)
        return read(path, TIMED, **options)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    """A file is read in many blocks: what holds there holds in one."""
    monkeypatch.setattr(lines, "SIZE", 40)


@pytest.mark.parametrize("form", FORMS)
def test_what_was_written_in_any_form_is_read(form):
    @given(rows(PLAIN) | rows(NUMBER))
    def check(written):
        assert read_bytes(FORMS[form](written)) == expected(written)

    check()


@pytest.mark.parametrize("separator", QUOTED)
def test_ids_with_separators_and_quotes_are_read_where_the_options_say_how(separator):
    @given(rows(ANY))
    def check(written):
        data = as_csv(written, delimiter=separator).encode()
        assert read_bytes(data, **QUOTED[separator]) == expected(written)

    check()


@pytest.mark.parametrize("separator", QUOTED)
def test_ids_with_separators_and_quotes_are_read_right_or_refused_where_no_option_is_given(
    separator,
):
    @given(rows(ANY))
    def check(written):
        data = as_csv(written, delimiter=separator).encode()
        try:
            found = read_bytes(data)
        except Mistake:
            return
        assert found == expected(written)

    check()


@given(rows(PLAIN), st.sampled_from(["all", "first", "last"]), st.integers(1, 3), st.integers(1, 3),
       st.integers(1, 3))  # fmt: skip
def test_filters_leave_what_loops_leave(written, policy, user_core, item_core, min_length):
    filters = no_filters(
        duplicates=policy, user_core=user_core, item_core=item_core, min_length=min_length
    )
    left = sorted(written, key=lambda row: row[2])
    if policy != "all":
        kept = {}
        for row in left if policy == "last" else reversed(left):
            kept[row[:2]] = row
        left = [row for row in left if kept.get(row[:2]) is row]
    size = None
    while size != len(left):
        size = len(left)
        left = frequent(left, 0, user_core)
        left = frequent(left, 1, item_core)
    left = frequent(left, 0, min_length)
    data = as_csv(written).encode()
    if left:
        assert read_bytes(data, filters=filters) == expected(left)
    else:
        with pytest.raises(Mistake, match="must leave an interaction"):
            read_bytes(data, filters=filters)


def frequent(rows, column, times):
    count = Counter(row[column] for row in rows)
    return [row for row in rows if count[row[column]] >= times]
