"""A page that is open in the browser, of the file `path` that a test file makes."""

import pytest

from tests.results.browser.chromium import tab


@pytest.fixture
def page(path):
    with tab() as opened:
        opened.open(path, width=1280)
        yield opened
