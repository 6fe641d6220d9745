"""The pages of docs/results/ and docs/gains.svg show what results.csv holds."""

import re
import runpy

import pytest

from tests.conftest import ROOT

DOCS = ROOT / "docs"
PROGRAM = runpy.run_path(str(DOCS / "results" / "write.py"))
PAGES = sorted((DOCS / "results").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_what_the_program_writes_from_the_figures(page):
    text = page.read_text()
    assert PROGRAM["written"](text) == text, "python docs/results/write.py writes it anew"


def test_every_figure_is_on_a_page():
    sets = {figure["set"] for figure in PROGRAM["FIGURES"]}
    shown = {name for page in PAGES for name in re.findall(r"table set=(\w+)", page.read_text())}
    assert sets == shown


def test_every_figure_has_its_data_seeds_and_date():
    for figure in PROGRAM["FIGURES"]:
        assert figure["mean"] or figure["low"], figure
        assert all(figure[key] for key in ("data", "model", "seeds", "metric", "date")), figure


def test_the_picture_shows_every_gain_of_soft_selection_and_of_several_interests():
    drawn = runpy.run_path(str(DOCS / "gains.py"))
    picture = (DOCS / "gains.svg").read_text()
    shown = [gain for kind in drawn["PANELS"] for gain in drawn["gains"](kind)]
    assert len(shown) > 30
    for gain in shown:
        assert gain.text in picture, "python docs/gains.py draws it anew"
