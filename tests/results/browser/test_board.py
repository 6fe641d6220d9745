"""The board in a real browser: make check-browser."""

import pytest

from bam.config.board import board_methods
from bam.results.board.html import html
from bam.results.board.rows import rows_of
from tests.results.board.conftest import board, gain, result
from tests.results.browser.chromium import BINARY, tab

pytestmark = pytest.mark.skipif(not BINARY, reason="chromium is not installed")

SHOWN = """[...document.querySelectorAll("tbody tr:not([hidden])")]
    .map(row => row.cells[{0}].textContent.trim())"""
HEADS = """[...document.querySelectorAll("thead th")].map(head => head.textContent.trim())"""
CLICK = """document.querySelectorAll("thead button")[{0}].click()"""
CHOOSE = """{{ const menu = document.querySelectorAll(".tools select")[{0}];
    menu.value = "{1}";
    for (const kind of ["input", "change"]) menu.dispatchEvent(new Event(kind)); }}"""
TYPE = """{{ const field = document.querySelectorAll(".filters input")[{0}];
    field.value = "{1}"; field.dispatchEvent(new Event("input")); }}"""
COPIED = """(async () => {{
    let got; navigator.clipboard.writeText = async (text) => {{ got = text; }};
    document.querySelector("tbody tr:not([hidden]) .copy").click(); await 0; return got; }})()"""
DATA, USERS, KIND, STATE = range(4)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    values = {"remi": 0.2, "comirec_sa": 0.1, "mind": 0.05}
    stored = board(
        *(
            result(
                name, data=data, seed=seed, **{"ndcg@10": value + seed / 100, "recall@10": value}
            )
            for name, value in values.items()
            for data in ("ml100k", "ml1m")
            for seed in (1, 2)
        ),
        gains=[gain("remi", 0.1), gain("mind", -0.05)],
    )
    path = tmp_path_factory.mktemp("board") / "board.html"
    path.write_text(html(rows_of(stored, board_methods())), "utf-8")
    return path


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_sends_nothing_to_the_console_or_the_network(path, width, dark):
    with tab() as page:
        page.open(path, width, dark)
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.complaints == [] and page.requests == []


def test_what_is_run_is_shown_first_and_a_menu_shows_the_rest(page):
    assert page.run(SHOWN.format(0))[:2] == [
        "REMI ml100k, leave-one-out",
        "ComiRec-SA ml100k, leave-one-out",
    ]
    assert len(page.run(SHOWN.format(0))) == 6
    page.run(CHOOSE.format(STATE, "= not run"))
    assert len(page.run(SHOWN.format(0))) > 300
    page.run(CHOOSE.format(STATE, "= published"))
    page.run(CHOOSE.format(DATA, "= ml1m"))
    assert "BaM_l" in " ".join(page.run(SHOWN.format(0)))


def test_menus_and_words_hold_together(page):
    page.run(CHOOSE.format(DATA, "= ml1m"))
    assert set(page.run(SHOWN.format(3))) == {"ml1m"}
    page.run(CHOOSE.format(KIND, "= several interests"))
    assert len(page.run(SHOWN.format(0))) == 3
    page.run(CHOOSE.format(USERS, "= unseen users"))
    assert page.run(SHOWN.format(0)) == []


@pytest.mark.parametrize(
    ("head", "typed", "count"),
    [
        ("method", "= remi", 2),
        ("method", "ml1m", 0),
        ("kind", "= Several Interests", 6),
        ("nDCG@10", "= .2150", 2),
        ("nDCG@10", "> .1", 4),
        ("steps", "= 6,000", 6),
        ("steps", "> 5,999", 6),
        ("steps", "< 6000", 0),
    ],
)
def test_a_column_finds_what_it_shows(page, head, typed, count):
    page.run(TYPE.format(page.run(HEADS).index(head), typed))
    assert len(page.run(SHOWN.format(0))) == count


@pytest.mark.parametrize("menu", [USERS, KIND])
def test_published_figures_are_shown_where_they_are_chosen(page, menu):
    page.run(CHOOSE.format(menu, "= as published" if menu == USERS else "= published"))
    assert set(page.run(SHOWN.format(5))) == {"published"}


def test_every_column_sorts_and_rows_without_a_value_come_last(page):
    page.run(CHOOSE.format(DATA, "= ml100k"))
    gain_column = page.run(HEADS).index("nDCG over ComiRec-SA")
    page.run(CLICK.format(gain_column))
    assert [text[:7] for text in page.run(SHOWN.format(0))] == ["REMI ml", "MIND ml", "ComiRec"]
    page.run(CLICK.format(gain_column))
    assert [text[:7] for text in page.run(SHOWN.format(0))] == ["MIND ml", "REMI ml", "ComiRec"]
    page.run(CLICK.format(0))
    assert [text[:7] for text in page.run(SHOWN.format(0))] == ["ComiRec", "MIND ml", "REMI ml"]


def test_the_command_of_a_row_is_copied(page):
    answer = page.ask(
        "Runtime.evaluate", expression=COPIED.format(), awaitPromise=True, returnByValue=True
    )
    command = "bam train -m experiment=remi dataset=ml100k seed=1,2 threads=1"
    assert answer["result"]["value"] == command
