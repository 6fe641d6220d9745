"""What docs/results.md tells in pictures."""

import runpy

from tests.conftest import ROOT

DOCS = ROOT / "docs"


def test_the_picture_shows_every_gain_of_soft_selection_and_of_several_interests():
    drawn = runpy.run_path(str(DOCS / "gains.py"))
    picture = (DOCS / "gains.svg").read_text()
    shown = [row for end in drawn["PANELS"] for row in drawn["rows"](end)]
    assert len(shown) > 30
    for data, model, gain, *_ in shown:
        assert f"{data} · {model}  {gain}" in picture, "python docs/gains.py draws it anew"
