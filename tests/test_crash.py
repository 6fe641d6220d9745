"""What `make crash` kills is there."""

import importlib

import pytest

from tests.crash.__main__ import deal
from tests.crash.kinds import KINDS


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if ":" in kind.trigger], ids=lambda kind: kind.name
)
def test_every_function_after_which_a_program_is_killed_is_there(kind):
    module, name = kind.trigger.split(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_kind_is_killed_and_the_number_is_kept():
    assert len(deal(list(KINDS), 50)) == 50
    assert set(deal(list(KINDS), 8)) == set(KINDS)
