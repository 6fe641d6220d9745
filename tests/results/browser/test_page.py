"""The report in a real browser: make browser-test."""

import pytest

from bam.results.report.report import report
from bam.results.view import View
from tests.results.browser.chromium import BINARY, tab
from tests.results.run_folder import finished_in

pytestmark = pytest.mark.skipif(not BINARY, reason="chromium is not installed")

COLUMN = """[...document.querySelectorAll("#results tbody tr:not([hidden])")]
    .map(row => row.cells[{0}].textContent)"""
HEADS = """[...document.querySelectorAll("#results thead th")].map(head => head.innerText.trim())"""
CLICK = """document.querySelectorAll("#results thead button")[{0}].click()"""
TYPE = """{{ const input = document.querySelectorAll("#results {0}")[{1}];
    input.value = "{2}"; input.dispatchEvent(new Event("input")); }}"""
SMALLEST = """Math.min(...[...document.querySelectorAll("figure svg text")].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * Math.sqrt(text.getScreenCTM().a ** 2
    + text.getScreenCTM().b ** 2)))"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A report with a heat map, several configurations, published rows and everything else."""
    finished = finished_in(tmp_path_factory.mktemp("sweep"))
    for tau in (0.5, 2, 10):
        for size in (4, 16):
            for seed in (1, 2):
                finished(
                    f"{tau}-{size}-{seed}",
                    [1, size, 12 + int(tau), 99],
                    seed=seed,
                    selection__tau=tau,
                    selection__linear_size=size,
                    dataset__name="ml1m",
                    choices={"dataset": "ml1m"},
                    valid={"ndcg@10": size / 100},
                )
    folder = finished(
        "hard",
        choices={"selection": "hard", "dataset": "ml1m"},
        dataset__name="ml1m",
        selection__tau=None,
        valid={"ndcg@10": 0.01},
    ).parent
    return report(folder, View({"selection": "hard"}, "ndcg@10", [], ["bam"]), folder)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_and_sends_nothing_to_the_console_or_the_network(path, width, dark):
    with tab() as page:
        page.open(path, width, dark)
        assert page.run("document.documentElement.scrollWidth") <= width
        assert page.run("document.querySelectorAll('figure svg').length") >= 7
        assert page.complaints == [] and page.requests == []


@pytest.mark.parametrize(("width", "pixels"), [(1280, 10), (400, 7.5)])
def test_words_in_figures_are_large_enough(path, width, pixels):
    with tab() as page:
        page.open(path, width)
        assert page.run(SMALLEST) >= pixels


def test_a_click_sorts_numbers_by_size_and_another_turns_them_round(page):
    tau = page.run(HEADS).index("τ")
    page.run(CLICK.format(tau))
    up = page.run(COLUMN.format(tau))
    assert up == ["0.5", "0.5", "2", "2", "10", "10", "", "", ""]
    page.run(CLICK.format(tau))
    assert page.run(COLUMN.format(tau)) == ["10", "10", "2", "2", "0.5", "0.5", "", "", ""]
    assert page.run(f"document.querySelectorAll('#results th')[{tau}].ariaSort") == "descending"


def test_figures_are_sorted_from_the_best(page):
    recall = page.run(HEADS).index("recall@10")
    page.run(CLICK.format(recall))
    found = [float(text.split()[0]) for text in page.run(COLUMN.format(recall))]
    assert found == sorted(found, reverse=True) and len(found) == 9


def test_the_filter_keeps_rows_with_all_words(page):
    page.run(TYPE.format(".filter", 0, "REMI bam"))
    selection = page.run(HEADS).index("backbone")
    assert page.run(COLUMN.format(selection)) == ["REMI, BaM_p", "REMI, BaM_l"]
    assert page.run("document.querySelector('#results .count').textContent") == "2 of 9 rows"


@pytest.mark.parametrize(
    ("column", "wanted", "left"),
    [
        ("τ", "> 0.5", 4),
        ("τ", "<=2", 4),
        ("τ", "= 10", 2),
        ("selection", "hard", 1),
        ("recall@10", "> .2", 9),
        ("recall@10", "> .9", 0),
    ],
)
def test_each_column_has_its_own_filter(page, column, wanted, left):
    page.run(TYPE.format(".filters input", page.run(HEADS).index(column), wanted))
    assert len(page.run(COLUMN.format(0))) == left


def test_an_emptied_filter_brings_all_rows_back(page):
    page.run(TYPE.format(".filter", 0, "hard"))
    page.run(TYPE.format(".filter", 0, ""))
    assert len(page.run(COLUMN.format(0))) == 9


def test_words_are_read_on_both_papers(path):
    """Ink and paper differ by a ratio of at least 7, in light and in dark."""
    for dark in (False, True):
        with tab() as page:
            page.open(path, 1280, dark)
            style = "getComputedStyle(document.{}).{}"
            ink = page.run(style.format("querySelector('figure svg')", "color"))
            paper = page.run(style.format("body", "backgroundColor"))
            low, high = sorted(map(luminance, (ink, paper)))
            assert (high + 0.05) / (low + 0.05) >= 7


def luminance(colour):
    """Relative luminance of rgb(r, g, b), as WCAG defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_reader_with_a_keyboard_reaches_the_results_the_tables_and_every_file(page):
    focusable = (
        """[...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]"""
    )
    assert page.run(f"{focusable}[0].textContent") == "To the results"
    assert page.run("document.querySelectorAll('.scroll[tabindex=\"0\"][aria-label]').length") == 3
    figures = page.run("document.querySelectorAll('figure').length")
    assert page.run("document.querySelectorAll('figcaption a[download]').length") == 3 * figures
    assert page.run("[...document.querySelectorAll('.drawing')].every(one => one.ariaLabel)")


def test_every_address_in_the_contents_is_on_the_page(page):
    lost = """[...document.querySelectorAll('nav a')].map(link => link.hash)
        .filter(hash => !document.querySelector(hash))"""
    assert page.run(lost) == []


def test_on_paper_it_is_black_on_white_without_what_one_would_click(path):
    with tab() as page:
        page.open(path, 1280, dark=True)
        page.ask("Emulation.setEmulatedMedia", media="print")
        style = "getComputedStyle(document.querySelector('{}')).{}"
        assert page.run(style.format("body", "backgroundColor")) == "rgb(255, 255, 255)"
        assert page.run(style.format("body", "color")) == "rgb(0, 0, 0)"
        for clicked in ("nav", ".tools", ".filters", ".files"):
            assert page.run(style.format(clicked, "display")) == "none"


def test_the_row_that_validation_would_choose_is_marked(page):
    chosen = (
        """[...document.querySelectorAll("#results tbody tr.chosen")].map(row => row.innerText)"""
    )
    [row] = page.run(chosen)
    assert "†" in row and ".1600" in row
