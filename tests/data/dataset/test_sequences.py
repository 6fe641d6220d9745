"""Lines of `user item item ...` are read whole, and anything else is refused."""

import gzip
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import urlopen

import pytest

from bam.data.dataset.build import download, store
from bam.data.dataset.build.download import Download, Url
from bam.data.split.time_cut import TimeCut
from bam.errors import Mistake
from tests.data.dataset.own_table import prepare_sequences, write
from tests.data.dataset.tiny_raw import no_filters

LINES = "b B003 B001\na B002 B001 B002\n"


def prepare(tmp_path, text, **changed):
    """The data set of a file with this text."""
    raw = write(tmp_path / f"raw{len(list(tmp_path.iterdir()))}.txt", text)
    return prepare_sequences(raw, **changed)


def read(data):
    """Each user's own id, with the own ids of the user's items."""
    items = store.read_catalogue(data.folder)["original_id"].to_list()
    bounds = zip(data.offsets[:-1].tolist(), data.offsets[1:].tolist(), strict=True)
    histories = [[items[i - 1] for i in data.items[a:b].tolist()] for a, b in bounds]
    return dict(zip(store.read_user_ids(data.folder), histories, strict=True))


def test_a_line_is_a_user_and_the_items_in_order(tmp_path):
    histories = {"a": ["B002", "B001", "B002"], "b": ["B003", "B001"]}
    assert read(prepare(tmp_path, LINES)) == histories
    assert read(prepare(tmp_path, LINES.replace(" ", "\t"))) == histories
    assert read(prepare(tmp_path, LINES.replace(" ", "  ").replace("\n", " \r\n\n"))) == histories
    assert read(prepare(tmp_path, gzip.compress(LINES.encode()))) == histories


def test_ids_from_0_are_numbered_as_numbers(tmp_path):
    data = prepare(tmp_path, "10 0 2\n9 10 0\n")
    assert read(data) == {"9": ["10", "0"], "10": ["0", "2"]}
    assert data.items.tolist() == [3, 1, 1, 2] and not len(data.times)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 2 3\n2\n3 4 5\n", r":2: must be `user item item ...`, got '2' alone; delete the line"),
        ("1 2 3\n2 nan 4\n", r":2: item is missing or unreadable, got 'nan'; correct the line"),
        ("1 2 3\n2 4\n1 5 6\n", r":3: the user has an earlier line; put all .* dataset=table"),
        ("1 2\n1 3\n2 2\n", "every line has two fields.*dataset must be file or table to read"),
        ("1 2\n2 3\n", "every line has two fields.*dataset must be file or table to read pairs"),
        ("user_id item\n1 2 3\n", ":1: may be a header, got 'user_id item'; delete the line"),
        ("user_id item_id_list\n1 2 3\n", ":1: may be a header, got 'user_id item_id_list'; "),
        ("1, 2, 3\n", ":1: must have spaces or tabs between fields, got '1, 2, 3'"),
        ("1\n", "no known format; this data set is read from: `user item item ...` lines"),
        ("", "no known format"),
    ],
)  # fmt: skip
def test_a_file_that_may_be_something_else_is_refused(tmp_path, text, sentence):
    with pytest.raises(Mistake, match=sentence):
        prepare(tmp_path, text)


def test_a_user_with_a_second_line_is_found_in_any_block(tmp_path, monkeypatch):
    monkeypatch.setattr("bam.data.dataset.read.lines.SIZE", 8)
    with pytest.raises(Mistake, match=":3: the user has an earlier line"):
        prepare(tmp_path, "1 2 3 4\n2 3 4 5\n1 5 6 7\n")
    assert len(read(prepare(tmp_path, "1 2 3 4\n2 3 4 5\n3 5 6 7\n"))) == 3


def test_files_of_train_valid_and_test_keep_their_parts(tmp_path):
    for name, text in {"train": "1 2 3\n2 3 4\n", "valid": "1 4\n2 2\n", "test": "1 5\n"}.items():
        write(tmp_path / "split" / f"{name}.txt", text)
    data = prepare(tmp_path, "", raw=str(tmp_path / "split"))
    assert read(data) == {"1": ["2", "3", "4", "5"], "2": ["3", "4", "2"]}
    assert data.part.tolist() == [0, 0, 1, 2, 0, 0, 1]


def test_filters_use_the_order_and_need_no_times(tmp_path):
    first = prepare(tmp_path, LINES, filters=no_filters(duplicates="first"))
    assert read(first)["a"] == ["B002", "B001"]
    with pytest.raises(Mistake, match=r"dataset\.filters\.since .* where the source has no time"):
        prepare(tmp_path, LINES, filters=no_filters(since="2014-01-01"))


def test_a_cut_in_time_is_refused_without_times(tmp_path):
    with pytest.raises(Mistake, match="time"):
        TimeCut(valid_share=0.1, test_share=0.1, num_targets=1)(prepare(tmp_path, LINES))


AMAZON = {"asin": "B001", "title": "Tom &amp; Jerry", "categories": [["Movies", "TV"], ["Movies"]]}
DESCRIBED = ("B001", "Tom & Jerry", "Movies|TV")


@pytest.mark.parametrize("form", [json.dumps, str], ids=["JSON", "Python"])
def test_titles_come_from_amazons_metadata(tmp_path, form):
    other = {"asin": "B009", "title": "another"}
    text = "".join(f"{form(one)}\n" for one in (other, AMAZON))
    meta = write(tmp_path / "meta.json.gz", gzip.compress(text.encode()))
    columns = {"item": "item", "title": "title", "genres": ""}
    data = prepare(tmp_path, LINES, catalogue=str(meta), catalogue_columns=columns)
    rows = store.read_catalogue(data.folder).select("original_id", "title", "genres").rows()
    assert rows == [DESCRIBED, ("B002", None, None), ("B003", None, None)]


def test_titles_come_from_a_table(tmp_path):
    table = write(tmp_path / "items.csv", "sku,name,kind\nB001,Up,Film\n")
    columns = {"item": "sku", "title": "name", "genres": "kind"}
    data = prepare(tmp_path, LINES, catalogue=str(table), catalogue_columns=columns)
    assert store.read_catalogue(data.folder)["title"].to_list() == ["Up", None, None]
    keys = {"item": "asin", "title": "title", "genres": "categories"}
    table = write(tmp_path / "items.json", json.dumps(AMAZON) + "\n")
    data = prepare(tmp_path, LINES, catalogue=str(table), catalogue_columns=keys)
    assert store.read_catalogue(data.folder)["genres"].to_list() == ["Movies|TV|Movies", None, None]


def test_a_catalogue_that_has_changed_is_noticed_also_where_the_file_is_downloaded(tmp_path, web):
    table = write(tmp_path / "items.csv", "item,title\nB001,Up\n")
    digits = hashlib.sha256(LINES.encode()).hexdigest()
    same = {"catalogue": str(table), "folder": str(tmp_path / "data"), "raw": ""}
    same |= {"download": Download([origin(digits)], str(tmp_path / "raw"), "")}
    same |= {"catalogue_columns": {"item": "item", "title": "title"}}
    for _ in range(2):
        prepare(tmp_path, LINES, **same)
    write(table, "item,title\nB001,Down\n")
    with pytest.raises(Mistake, match=r"was prepared with .*catalogue\.bytes 19, not 21"):
        prepare(tmp_path, LINES, **same)
    with pytest.raises(Mistake, match=r"was prepared with .*catalogue\.bytes 19, not 21"):
        prepare(tmp_path, LINES, **{**same, "raw": str(write(tmp_path / "x.txt", LINES))})


def test_a_catalogue_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Mistake, match="catalogue must be a file that exists, got 'no'"):
        prepare(tmp_path, LINES, catalogue="no", catalogue_columns={"item": "item"})


class Server(BaseHTTPRequestHandler):
    """Gives LINES at every address."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(LINES)))
        self.end_headers()
        self.wfile.write(LINES.encode())

    def log_message(self, *line):
        pass


@pytest.fixture
def web(monkeypatch):
    """A server on this machine in place of the web."""
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setattr(download.OPENER, "open", lambda url, timeout: urlopen(here))
        yield
        server.shutdown()


def origin(digits):
    return Url(url="https://data.example.org/a/lines.txt", sha256=digits, max_mb=1, timeout=1.0)


def test_a_single_file_is_downloaded_and_prepared(tmp_path, web):
    digits = hashlib.sha256(LINES.encode()).hexdigest()
    fetched = Download(origins=[origin(digits)], folder=str(tmp_path / "raw"), by_hand="")
    counts = {"users": 2, "items": 3, "interactions": 5}
    data = prepare(tmp_path, "", raw="", download=fetched, expected=counts)
    assert len(read(data)) == 2 and (tmp_path / "raw" / "lines.txt").read_text() == LINES


def test_a_file_that_is_not_the_pinned_one_is_not_used(tmp_path, web):
    changed = Download(
        [origin("0" * 64)], str(tmp_path / "raw"), "lines.txt of https://example.org"
    )
    with pytest.raises(Mistake, match=r"download lines.txt of https://example.org, and .*raw=PATH"):
        prepare(tmp_path, "", raw="", download=changed)


def test_a_file_that_nothing_names_is_refused(tmp_path):
    with pytest.raises(Mistake, match=r"raw must be a file of `user item item .*` lines.*, got ''"):
        prepare(tmp_path, LINES, raw="")


def test_another_file_than_the_named_one_is_refused(tmp_path):
    with pytest.raises(Mistake, match="must hold 3 users, got 2; is it complete"):
        prepare(tmp_path, LINES, expected={"users": 3})
