"""Each group of parts has a contract, and each rule of it is proved by a part that breaks it."""

from importlib import import_module

import pytest

from tests.conftest import ROOT
from tests.contracts import checks
from tests.test_conf import MIRRORED, SERVING

GROUPS = sorted(path.stem for path in (ROOT / "tests" / "contracts").glob("[!_]*.py"))


def rules(group):
    return {check.__name__ for check in checks(import_module(f"tests.contracts.{group}"))}


def test_every_group_of_parts_has_a_contract():
    assert {*MIRRORED, *SERVING, "dataset"} <= set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_every_rule_refuses_a_part_that_breaks_it(group):
    refused = import_module(f"tests.broken.{group}").REFUSED
    assert rules(group) == set().union(*refused.values())


@pytest.mark.parametrize("group", GROUPS)
def test_every_broken_part_names_what_is_wrong_with_it(group):
    for broken in import_module(f"tests.broken.{group}").REFUSED:
        assert (broken.__doc__ or "").rstrip().endswith((".", "?"))
