"""Histories: of a data set's users, of ids, and of a file whose faults are named by their line."""

import json

import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.errors import Mistake
from bam.serving.histories import History, Users, pad_histories, read_history
from bam.serving.history_file import read_histories
from bam.serving.items import Items

ITEMS = Items(
    pl.DataFrame({"id": ["", "007", "7", "é", "a b"], "title": [""] * 5, "genres": [""] * 5}),
    torch.tensor([0, 3, 0, 5, 3]),
)
USERS = Users(
    pl.Series(["b", "010"]),
    torch.tensor([1, 2, 3, 4, 4], dtype=torch.int32),
    torch.tensor([0, 2]),
    torch.tensor([2, 5]),
    torch.tensor([7, 8, 9, 10, 11]),
)


def test_users_have_their_items_in_the_order_of_the_ids_that_are_given():
    assert [one.items.tolist() for one in USERS.histories(["010", "b"])] == [[3, 4, 4], [1, 2]]
    assert USERS.history("010").user == "010"
    assert USERS.history("010").times.tolist() == [9, 10, 11]
    assert [one.user for one in USERS.all()] == ["b", "010"]


def test_every_unknown_user_is_named():
    with pytest.raises(Mistake, match=r"that part\), got '10', 'B'; history=\[...\] is"):
        USERS.histories(["b", "10", "010", "B"])


def test_ids_are_text_and_numbers_are_taken_as_their_text():
    found = read_history(ITEMS, ["007", 7, "é", "a b", "07", "x", 7], "me")
    assert found.items.tolist() == [1, 2, 3, 4, 2] and found.unknown == ("07", "x")
    assert read_history(ITEMS, [""]).unknown == ("",)


def test_the_last_items_are_read_and_padding_is_at_the_end():
    met = [torch.tensor(items, dtype=torch.int64) for items in ([1], [1, 2, 3, 4])]
    timed = [History("a", items, (), 100 * items) for items in met]
    read, times = pad_histories(timed, 3)
    assert read.tolist() == [[1, 0, 0], [2, 3, 4]] and times.equal(100 * read)
    read, times = pad_histories(timed, 9)
    assert read.tolist() == [[1, 0, 0, 0], [1, 2, 3, 4]] and times.equal(100 * read)


def test_times_are_known_of_all_histories_or_of_none():
    known, unknown = (History("a", torch.ones(2).long(), (), torch.ones(n).long()) for n in (2, 0))
    assert pad_histories([known, unknown], 3)[1].shape == (2, 0)


def file_of(folder, *lines):
    path = folder / "h.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    return path


def test_a_line_is_a_user_and_a_list_of_ids(tmp_path):
    path = file_of(
        tmp_path,
        '\ufeff{"user": "007", "items": ["7", 7, 1e5, 1.50]}',
        "",
        '{"items": [], "user": 12, "more": null}\r',
        '{"user": "é", "items": ["a b"]}',
    )
    expected = [("007", ["7", "7", "1e5", "1.50"]), ("12", []), ("é", ["a b"])]
    assert read_histories(path) == expected


LINES = {
    "{": "no JSON",
    "[1]": "user or items is missing",
    '{"user": "a"}': "user or items is missing",
    '{"user": "a", "item": [1]}': "user or items is missing",
    '{"user": "a", "items": "17"}': 'items must be a list of ids, got "17"',
    '{"user": "a", "items": 17}': "items must be a list of ids",
    '{"user": "a", "items": null}': "items must be a list of ids, got null",
    '{"user": "a", "items": [17, null]}': "items must be ids, text or numbers, got null",
    '{"user": "a", "items": [true]}': "items must be ids, text or numbers, got true",
    '{"user": "a", "items": [""]}': 'items must be ids, text or numbers, got ""',
    '{"user": "a", "items": [[17]]}': "items must be ids, text or numbers",
    '{"user": "a", "items": [NaN]}': "no JSON (NaN is no value of JSON)",
    '{"user": "a", "items": ["\\ud800"]}': "items must be ids, text or numbers",
    '{"user": null, "items": [1]}': "user must be an id, text or a number, got null",
    '{"user": false, "items": [1]}': "user must be an id, text or a number, got false",
    '{"user": "ok", "items": [1]}': "the user 'ok' comes twice",
    "[" * 100_000: "no JSON",
    "\ud800": "no JSON",
}


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_wrong_line_is_named(tmp_path, line):
    path = file_of(tmp_path, '{"user": "ok", "items": [1]}', line)
    with pytest.raises(Mistake) as mistake:
        read_histories(path)
    assert str(mistake.value).startswith(f"{path}:2: ") and LINES[line] in str(mistake.value)


def test_a_file_without_users_or_of_another_kind_is_refused(tmp_path):
    with pytest.raises(Mistake, match="histories must hold at least one user"):
        read_histories(file_of(tmp_path, "", ""))
    with pytest.raises(Mistake, match=r"must end in .jsonl or .parquet, got 'a.JSONL'"):
        read_histories(tmp_path.__class__("a.JSONL"))


@given(st.dictionaries(st.text(min_size=1), st.lists(st.text(min_size=1)), min_size=1))
def test_any_ids_of_a_file_come_out_as_they_are(tmp_path_factory, histories):
    folder = tmp_path_factory.getbasetemp()
    lines = [json.dumps({"user": user, "items": items}) for user, items in histories.items()]
    assert dict(read_histories(file_of(folder, *lines))) == histories


@pytest.mark.parametrize(
    ("user", "items"),
    [(["a", "7"], [["1", "2"], []]), ([1, 2], [[7], [8, 9]])],
    ids=["text", "numbers"],
)
def test_a_parquet_file_has_the_columns_user_and_items(tmp_path, user, items):
    path = tmp_path / "h[1].parquet"
    pl.DataFrame({"user": user, "more": 1, "items": items}).write_parquet(path)
    assert read_histories(path) == [
        (str(one), [str(item) for item in its]) for one, its in zip(user, items, strict=True)
    ]


FRAMES = [
    ({"user": ["a"]}, "the columns must be user, an id, and items, a list of ids"),
    ({"user": ["a"], "items": ["1"]}, "got user String, items String"),
    ({"user": [1.5], "items": [[1]]}, "the columns must be"),
    ({"user": ["a"], "items": [[1.5]]}, "the columns must be"),
    ({"user": ["a", None], "items": [["1"], ["2"]]}, ":2: user and items must not be empty"),
    ({"user": ["a", "b"], "items": [["1"], None]}, ":2: user and items must not be empty"),
    ({"user": ["a", "b"], "items": [["1"], ["2", None]]}, ":2: user and items must not be empty"),
    ({"user": ["a", "a"], "items": [["1"], ["2"]]}, ":2: the user 'a' comes twice"),
]


@pytest.mark.parametrize(("columns", "sentence"), FRAMES)
def test_a_wrong_parquet_file_is_refused(tmp_path, columns, sentence):
    path = tmp_path / "h.parquet"
    pl.DataFrame(columns).write_parquet(path)
    with pytest.raises(Mistake) as mistake:
        read_histories(path)
    assert str(mistake.value).startswith(str(path)) and sentence in str(mistake.value)


def test_what_is_no_parquet_is_refused(tmp_path):
    path = tmp_path / "h.parquet"
    path.write_bytes(b"PAR1 and nothing")
    with pytest.raises(Mistake, match=r"h\.parquet: no whole Parquet file"):
        read_histories(path)
