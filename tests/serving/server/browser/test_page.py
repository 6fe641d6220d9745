"""The page of the server in a real browser: make check-browser."""

import sys
import time

import pytest

from tests.conftest import ROOT
from tests.results.browser.chromium import BINARY, tab
from tests.serving.server import small
from tests.serving.server.load import running

pytestmark = pytest.mark.skipif(not BINARY, reason="chromium is not installed")

TYPE = """{{ const input = document.getElementById("{0}"); input.value = "{1}";
    input.dispatchEvent(new Event("input")); }}"""
SUGGESTED = """[...document.querySelectorAll("#suggestions button")].map(one => one.innerText)"""
ROWS = """[...document.querySelectorAll("#list tr")].map(row => row.cells[0].innerText)"""
FIRST = """document.querySelector("{0}").click()"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = small.write(tmp_path_factory.mktemp("server") / "export", "first")
    command = (sys.executable, "-m", "tests.serving.server.load", str(folder), "--serve")
    with running(*command, folder=ROOT) as port:
        yield f"http://127.0.0.1:{port}/"


def until(page, script):
    """The value of an expression as soon as it is not empty."""
    end = time.monotonic() + 10
    while not (value := page.run(script)):
        assert time.monotonic() < end, script
        time.sleep(0.02)
    return value


def ask_for_a_history(page):
    for title in ("<12>", "<13>"):
        page.run(TYPE.format("search", title))
        assert until(page, SUGGESTED)[0].startswith(f"Title first {title}")
        page.run(FIRST.format("#suggestions button"))
    page.run(FIRST.format("#own [type=submit]"))
    return until(page, ROWS)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_calls_nothing_but_its_server(address, width, dark):
    with tab() as page:
        page.open(address, width=width, dark=dark)
        ask_for_a_history(page)
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.complaints == []
        assert all(url.startswith(address) for url in page.requests)


def test_a_history_and_a_user_get_interests_and_a_list_and_an_item_its_similar_ones(address):
    with tab() as page:
        page.open(address, width=1280)
        assert len(ask_for_a_history(page)) == 10
        assert until(page, """document.querySelectorAll(".interest").length""") == 3
        page.run(FIRST.format("#list button"))
        until(page, """document.getElementById("list-title").innerText.startsWith("Similar")""")
        page.run(TYPE.format("user", "u1"))
        page.run(FIRST.format("#known [type=submit]"))
        until(page, """document.getElementById("list-title").innerText === "Recommended to u1" """)
        page.run(TYPE.format("user", "nobody"))
        page.run(FIRST.format("#known [type=submit]"))
        refused = until(page, """document.getElementById("status").innerText""")
        assert "users must be users of first" in refused
