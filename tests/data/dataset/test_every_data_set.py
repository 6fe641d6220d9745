"""Every option of conf/dataset and every raw format, on a tiny file of that format."""

import pytest

from bam.config.instantiate import build
from bam.data.dataset.publisher.movielens import U_DATA
from tests.broken import dataset as broken_data_sets
from tests.broken import source as broken_sources
from tests.conftest import options
from tests.contracts import checks, dataset, refusing, source
from tests.contracts.source import DAY, TINY
from tests.data.dataset.own_table import write
from tests.data.dataset.tiny_raw import no_filters

TIMES = [DAY + second for second in (500, 600, 100, 900, 900)]
READ = {  # items, offsets and times of the five interactions: user 2, then user 7
    True: ([1, 2, 3, 2, 1], [0, 2, 5], TIMES),
    False: ([1, 2, 2, 1, 3], [0, 2, 5], []),  # without times they are in file order
}
RATINGS = TINY["ratings.csv of MovieLens 20M and later"]
PAIRS = TINY["`user item` lines"]
COLUMNS = "{user: userId, item: movieId, time: timestamp, rating: rating}"
OWN_FILE = {  # options that read a file of the user's own, and what they make of a tiny one
    "file": (PAIRS, ["dataset.path=RAW"], ([4, 30, 30, 4, 111], [0, 2, 5], [])),
    "table": (RATINGS, ["dataset.raw=RAW", "dataset.name=mine", f"dataset.columns={COLUMNS}"],
              READ[True]),
}  # fmt: skip
SEQUENCES = "bam.data.dataset.sequences.sequences"  # the target of all with a user a line
DRAWN = {  # options that read nothing
    "planted": ["dataset.num_users=30"],
    "synthetic": ["dataset.num_users=30", "dataset.num_items=40", "dataset.num_interactions=300"],
}


def numbers(data):
    return data.items.tolist(), data.offsets.tolist(), data.times.tolist()


def data_sets(configured, name, tmp_path):
    """What an option makes of each tiny file that it can read, and the numbers it must have."""
    if name in DRAWN:
        yield build(configured(f"dataset={name}", *DRAWN[name])["dataset"], "dataset"), None
        return
    if name in OWN_FILE:
        tiny, overrides, expected = OWN_FILE[name]
        raw = str(tiny.write(tmp_path / "raw"))
        overrides = [override.replace("RAW", raw) for override in overrides]
        yield build(configured(f"dataset={name}", *overrides)["dataset"], "dataset"), expected
        return
    node = configured(f"dataset={name}")["dataset"]
    if node["_target_"] == SEQUENCES:
        raw = write(tmp_path / "raw.txt", "2 4 30\n7 30 4 111\n")
        own = {"raw": str(raw), "folder": str(tmp_path / "data"), "expected": {}}
        yield build({**node, **own}, "dataset"), READ[False]
        return
    assert "formats" in node, f"dataset={name} is not checked: add it to {__file__}"
    everything = {"filters": no_filters(), "expected": {}, "published": {}}
    for number, known in enumerate(build(node["formats"], "dataset.formats")):
        raw = TINY[known.name].write(tmp_path / f"{number}")
        own = {"raw": str(raw), "folder": str(tmp_path / f"data-{number}"), **everything}
        yield build({**node, **own}, "dataset"), READ[TINY[known.name].timed]


@pytest.mark.parametrize("name", options("dataset"))
def test_every_data_set_reads_a_tiny_file_of_each_of_its_formats(configured, tmp_path, name):
    for data, expected in data_sets(configured, name, tmp_path):
        for check in checks(dataset):
            check(data)
        if expected:
            assert numbers(data) == expected


@pytest.fixture
def right(configured, tmp_path):
    """A data set of two users, with times."""
    [(data, _)] = data_sets(configured, "table", tmp_path)
    return data


@pytest.mark.parametrize(("broken", "rules"), broken_data_sets.REFUSED.items())
def test_a_broken_data_set_is_refused_by_the_rules_it_breaks_alone(right, broken, rules):
    assert refusing(dataset, lambda: broken(right)) == rules


def test_every_format_keeps_the_contract(configured, tmp_path):
    nodes = [configured(f"dataset={name}")["dataset"] for name in options("dataset")]
    every = {
        known.name: known
        for node in nodes
        for known in build(node.get("formats", []), "dataset.formats")
    }
    for number, (name, known) in enumerate(every.items()):
        assert name in TINY, f"{name} is not checked: add a tiny file of it to {source.__file__}"
        for check in checks(source):
            check(known, TINY[name], tmp_path / f"{number}")


@pytest.mark.parametrize(("broken", "rules"), broken_sources.REFUSED.items())
def test_a_broken_format_is_refused_by_the_rule_it_breaks_alone(tmp_path, broken, rules):
    assert refusing(source, broken, TINY[U_DATA.name], tmp_path) == rules
