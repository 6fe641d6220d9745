"""Configs of earlier versions are read as configs of this version."""

import copy

import pytest
import yaml

from bam.errors import Mistake
from bam.experiment.assemble import assemble
from bam.experiment.fit import measure
from bam.run.identity import fingerprint
from bam.run.migrate import FORMAT, MOVED, migrate, read_config, rename, write_config

OLD = {new: old for old, new in MOVED.items()}
WERE = ("table", "sampling", "similarity", "aggregation", "schedule", "averaging", "readout",
        "metric", "any_code", "group_by_length", "precision", "compile", "sparse")  # fmt: skip


def without(config, *paths):
    """A copy of a config that lacks these keys."""
    found = copy.deepcopy(config)
    for path in paths:
        *parents, last = path.split(".")
        node = found
        for parent in parents:
            node = node[parent]
        del node[last]
    return found


def old_targets(tree):
    """The config with the component names of version 0.1."""
    if isinstance(tree, dict):
        return {k: old_name(v) if k == "_target_" else old_targets(v) for k, v in tree.items()}
    return [old_targets(part) for part in tree] if isinstance(tree, list) else tree


def old_name(target):
    parts = target.split(".")
    for count in range(len(parts), 1, -1):
        if (known := ".".join(parts[:count])) in OLD:
            return ".".join([OLD[known], *parts[count:]])
    return target


@pytest.mark.parametrize("old", MOVED)
def test_no_name_of_today_is_renamed(old):
    assert rename(MOVED[old]) == MOVED[old] and rename(f"{old}.x") == f"{MOVED[old]}.x"


@pytest.mark.parametrize(
    "overrides", [[], ["backbone=transformer"], ["backbone=gru4rec"], ["likelihood=full_softmax"]]
)
def test_a_config_of_today_stays_as_it_is(configured, overrides):
    config = configured(*overrides)
    assert migrate(config) == config and migrate(old_targets(config)) == config
    assert fingerprint(migrate(old_targets(config))) == fingerprint(config)


@pytest.mark.parametrize("key", WERE)
def test_a_run_saved_before_a_root_key_existed_has_what_was_true_then(configured, key):
    config = configured("dataset=planted")
    assert migrate(without(config, key)) == config


@pytest.mark.parametrize(
    ("overrides", "path", "value"),
    [
        ([], "trainer.clip_norm", 0.0),
        ([], "table.scale", 1.0),
        ([], "regularisation.routing.batch_size", 128),
        (["likelihood=sampled_softmax"], "likelihood.label_smoothing", 0.0),
        (["likelihood=full_softmax"], "likelihood.label_smoothing", 0.0),
        (["likelihood=full_softmax"], "likelihood.memory_mb", 0),
        (["likelihood=gbce"], "likelihood.bias", 0.0),
        (["backbone=transformer"], "sampling.windows", 0),
    ],
)
def test_an_option_that_a_config_lacks_has_the_value_that_was_true_then(
    configured, overrides, path, value
):
    group, option = path.rsplit(".", 1)
    found = migrate(without(configured(*overrides), path))
    for key in group.split("."):
        found = found[key]
    assert found[option] == value


def test_likelihoods_inside_losses_gain_their_options_too(configured):
    config = configured("likelihood=full_softmax")
    for loss in config["loss"].values():
        loss.get("likelihood", {}).pop("memory_mb", None)
    assert all(loss.get("likelihood", {}).get("memory_mb", 0) == 0
               for loss in migrate(config)["loss"].values())  # fmt: skip


@pytest.mark.parametrize(("name", "per_row"), [("shared", False), ("per_row", True)])
def test_uniform_negatives_were_two_components(configured, name, per_row):
    config = configured(f"negatives={name}")
    target = {"shared": "bam.negatives.shared.Shared", "per_row": "bam.negatives.per_row.PerRow"}
    del config["negatives"]["per_row"]
    config["negatives"]["_target_"] = target[name]
    assert migrate(config)["negatives"]["per_row"] is per_row
    assert migrate(config) == configured(f"negatives={name}")


def test_gru4rec_had_its_one_interest_without_a_readout(configured):
    config = configured("backbone=gru4rec")
    old = without(config, "backbone.readout", "readout")
    old["backbone"]["num_interests"] = 1
    assert migrate(old) == config


def test_there_was_one_tracker_without_a_name(configured):
    old = {**configured(), "tracker": {"_target_": "bam.tracker.jsonl.Jsonl"}}
    assert migrate(old) == configured()


def first_config(config):
    """The config as the first version would have saved it."""
    old = old_targets(without(config, *WERE, "trainer.clip_norm", "negatives.per_row",
                              "regularisation.routing.batch_size",
                              "evaluation.items_per_block"))  # fmt: skip
    old["negatives"]["_target_"] = "bam.negatives.shared.Shared"
    old["selection"]["_target_"] = "bam.selection.soft.Soft"
    old["evaluation"]["users_per_block"] = 256
    old["tracker"] = {"_target_": "bam.tracker.jsonl.Jsonl"}
    return old


def test_a_config_of_the_first_version_assembles_and_tests_equal(configured, tmp_path):
    config = configured("dataset=planted", "dataset.num_users=60", "dim=8", "threads=1")
    old = first_config(config)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(old))
    found = read_config(tmp_path / "config.yaml")
    assert {**found, "evaluation": config["evaluation"]} == config
    *_, one = measure(assemble(found))
    *_, other = measure(assemble(config))
    assert one["test"] == other["test"] and one["balance"] == other["balance"]


def test_the_format_is_the_first_key_and_no_option(tmp_path):
    path = tmp_path / "config.yaml"
    write_config(path, {"seed": 1})
    assert path.read_text().splitlines()[0] == f"format: {FORMAT}"
    assert read_config(path) == {"seed": 1}


@pytest.mark.parametrize("newer", [FORMAT + 1, "new"])
def test_a_newer_format_is_refused_in_one_sentence(tmp_path, newer):
    (tmp_path / "config.yaml").write_text(f"format: {newer}\nseed: 1\n")
    with pytest.raises(Mistake, match=r"config\.yaml: format must be at most 2, got .*newer"):
        read_config(tmp_path / "config.yaml")
