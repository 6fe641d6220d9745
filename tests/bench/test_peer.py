"""What is measured of torch-rechub, where it is installed, and what is said where it is not."""

import importlib.util

import pytest

from bam.bench import rechub
from bam.bench.cases import Case
from bam.bench.measure import _prepare, _run
from bam.bench.peer import merge
from bam.bench.plan import split
from bam.errors import Mistake
from tests.conftest import options

INSTALLED = importlib.util.find_spec("torch_rechub") is not None
USERS = [[1, 2, 3, 4, 5, 6], [6, 5, 4, 3]]
COMIREC = rechub.ComiRec(dim=8, num_interests=2, history_length=3, num_negatives=5)
SASREC = rechub.SASRec(dim=8, history_length=3, blocks=1, heads=2, dropout=0.1)
SHORT = ("size=given", "dataset=planted", "dataset.num_users=50", "seconds=0.01", "rounds=1")
TINY = (*SHORT, "dim=8", "batch_size=8", "num_negatives=5", "device=cpu", "threads=1")


def case(configured, programs):
    return Case({}, configured("measure=peer", f"programs={programs}", *TINY, config="bench"))


@pytest.mark.skipif(INSTALLED, reason="torch-rechub is installed")
@pytest.mark.parametrize("programs", options("programs"))
def test_a_peer_that_is_not_installed_is_named_before_anything_is_measured(configured, programs):
    with pytest.raises(Mistake, match=r"torch_rechub is not installed; pip .*'bam-rec\[peer\]'"):
        _prepare(case(configured, programs))


def test_the_rows_of_comirec_have_the_history_before_their_target():
    rows = COMIREC.training_rows(USERS, num_items=9, count=50)
    pairs = zip(rows["history"].tolist(), rows["item"].tolist(), strict=True)
    expected = {((1, 0, 0), 2), ((1, 2, 0), 3), ((1, 2, 3), 4), ((6, 0, 0), 5)}
    assert {(tuple(history), target) for history, target in pairs} == expected
    assert rows["negatives"].shape == (50, 5) and rows["negatives"].min() >= 1


def test_the_rows_of_sasrec_have_the_next_item_at_each_place():
    rows = SASREC.training_rows(USERS[:1], num_items=9, count=1)
    assert rows["seq"].tolist() == [[1, 2, 3]] and rows["pos"].tolist() == [[2, 3, 4]]
    rows = SASREC.training_rows(USERS[1:], num_items=9, count=2)
    assert rows["seq"].tolist() == [[6, 0, 0]] * 2 and rows["pos"].tolist() == [[5, 0, 0]] * 2
    assert SASREC.samples(rows) == 2


def test_a_long_history_is_cut_to_its_latest_items():
    assert rechub.padded([[1, 2, 3, 4], [5]], 3).tolist() == [[2, 3, 4], [5, 0, 0]]


def test_lists_of_several_interests_become_one_by_the_maximum():
    assert merge([([1, 2], [5.0, 1.0]), ([2, 3], [4.0, 3.0])], 3) == [1, 2, 3]


@pytest.mark.skipif(not INSTALLED, reason="needs pip install 'bam-rec[peer]'")
@pytest.mark.parametrize("programs", options("programs"))
def test_the_peer_is_trained_and_tested(configured, programs):
    plan, experiment = split(case(configured, programs).config)
    for name, figure in {"peer_training": "samples", "peer_testing": "users"}.items():
        found = _run(plan.measurements[name], name, experiment)
        assert found.higher[f"{figure}_per_second"] > 0
