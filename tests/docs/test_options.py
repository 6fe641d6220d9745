"""docs/options.md is what docs/options.py writes from the comments of conf/."""

import re
import runpy

from tests.conftest import ROOT, options

PAGE = (ROOT / "docs" / "options.md").read_text()


def without_names(page):
    """The lines of a page, without the last of four columns: it names options."""
    return [re.sub(r"^(\|(?:[^|]*\|){3})[^|]*\|$", r"\1", line) for line in page.splitlines()]


def test_the_page_has_the_comments_of_the_config():
    """A newcomer's option need not be there: a part is two files."""
    written = runpy.run_path(str(ROOT / "docs" / "options.py"))["page"]()
    lines = set(without_names(written))
    assert [line for line in without_names(PAGE) if line not in lines] == [], "make docs"


def test_every_option_of_the_page_exists():
    rows = re.findall(r"^\| `([\w/]+)=(\w+)` \|", PAGE, flags=re.MULTILINE)
    assert len(rows) > 80
    for group, name in rows:
        assert name in options(group), f"{group}={name}: make docs"
