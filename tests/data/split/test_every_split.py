"""Every option of conf/split."""

import pytest

from bam.config.instantiate import build
from tests.broken import given as broken_given
from tests.broken import unseen_users as broken_unseen_users
from tests.broken.split import REFUSED
from tests.conftest import options
from tests.contracts import checks, given, refusing, unseen_users
from tests.contracts import split as contract


def built(configured, name):
    return build(configured(f"split={name}")["split"], "split")


@pytest.mark.parametrize("name", options("split"))
@pytest.mark.parametrize("check", checks(contract))
def test_every_split_keeps_the_contract(configured, name, check):
    check(built(configured, name))


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_split_is_refused_by_the_rules_it_breaks_alone(broken, rules):
    assert refusing(contract, lambda: broken) == rules


@pytest.mark.parametrize("check", checks(unseen_users))
def test_unseen_users_are_unseen(configured, check):
    check(built(configured, "unseen_users"))


@pytest.mark.parametrize(("broken", "rules"), broken_unseen_users.REFUSED.items())
def test_a_split_that_has_seen_its_unseen_users_is_refused(broken, rules):
    assert refusing(unseen_users, lambda: broken) == rules
    assert refusing(contract, lambda: broken) == set()


@pytest.mark.parametrize("check", checks(given))
def test_the_given_split_is_that_of_the_files(configured, check):
    check(built(configured, "given"))


@pytest.mark.parametrize(("broken", "rules"), broken_given.REFUSED.items())
def test_a_split_that_does_not_keep_the_files_is_refused(broken, rules):
    assert refusing(given, lambda: broken) == rules
    assert refusing(contract, lambda: broken) == set()
