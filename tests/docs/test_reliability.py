"""Each promise of docs/reliability.md has a test that exists."""

import re

import pytest

from tests.conftest import ROOT

PROMISES = re.findall(
    r"^\| .* \| (`tests/.*) \|$", (ROOT / "docs" / "reliability.md").read_text(), re.M
)


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_its_test(promise):
    file, name = promise.strip("`").split("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_promises_are_found():
    assert len(PROMISES) > 10
