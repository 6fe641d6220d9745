"""`make docs` builds the site: no link is broken, and nothing of it comes from the network."""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytest.importorskip("mkdocs")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_needs_no_network(site):
    outside = r'<(?:script|img|iframe)[^>]* src="https?:|<link[^>]* href="https?:|url\(https?:'
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert [page.name for page in pages if re.search(outside, page.read_text())] == []


def test_the_first_page_is_readme_and_its_links_stay_in_the_site(site):
    page = (site / "index.html").read_text()
    assert "Three commands" in page and 'href="docs/' not in page


def test_the_options_and_the_public_names_are_on_the_site(site):
    assert "selection.linear_size" in (site / "options.html").read_text()
    assert "bam.records.Interests" in (site / "reference.html").read_text()
