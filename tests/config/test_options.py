"""The comments of conf/ are the words of the help: each group, option and value has one."""

import subprocess
import sys

import pytest

from bam.config import options as reader
from bam.config.options import option_values, read_groups, read_head, read_values
from tests.conftest import CONF, options

SHOWN = sorted({*read_groups("bench"), *read_groups("search"), *read_groups("recommend")})


@pytest.mark.parametrize("config", sorted(path.stem for path in CONF.glob("*.yaml")))
def test_each_group_and_value_of_a_program_has_words(config):
    groups = read_groups(config)
    assert [name for name, group in groups.items() if not group.decides] == []
    values = {key: value for key, value in read_values(config).items() if key not in groups}
    assert [key for key, value in values.items() if not value.comment] == []


@pytest.mark.parametrize("group", SHOWN)
def test_each_option_has_a_comment_at_its_head(group):
    assert [
        name for name in options(group) if not read_head(CONF / group / f"{name}.yaml")[0]
    ] == []


def test_the_groups_of_the_bench_are_those_of_the_bench_alone():
    assert read_groups("bench").keys() - read_groups("train").keys() == {"size", "measure"}
    assert read_groups("bench")["dataset"].default == "synthetic"
    assert "pair/dataset_backbone" not in read_groups("train")


def test_an_option_has_the_values_of_the_options_it_begins_with():
    remi = option_values("backbone", "remi")
    assert remi["backbone.widening"].text == "4"
    assert remi["regularisation.routing.weight"].text == "0.0"
    assert "readout.readout.spread" in option_values("readout", "centred")
    assert option_values("memory", "mixed")["memory.transitions.last"].text == "10"
    assert "tracker.wandb.project" in option_values("tracker", "wandb")
    assert option_values("dataset", "beauty")["dataset.filters.user_core"].text == "5"


def test_a_comment_is_beside_its_value_or_above_it(tmp_path, monkeypatch):
    text = (
        '# head\n\na: "#1"  # beside\nb:   # of a mapping\n  c: [1, 2]\n  # above\n  # it\n  d: x\n'
    )
    (tmp_path / "x.yaml").write_text(text)
    monkeypatch.setattr(reader, "CONF", tmp_path)
    values = read_values("x")
    assert {key: (value.text, value.comment) for key, value in values.items()} == {
        "a": ('"#1"', "beside"),
        "b.c": ("[1, 2]", ""),
        "b.d": ("x", "above it"),
    }


def test_the_words_are_read_without_hydra_and_torch():
    code = (
        "import sys; from bam.config.options import read_groups; read_groups('train'); "
        "sys.exit(bool({'torch', 'hydra', 'omegaconf'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
