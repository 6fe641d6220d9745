"""Configs of earlier versions are read as configs of this version."""

import copy
import functools
import json
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file, save_file

from bam.config.instantiate import components
from bam.errors import Mistake
from bam.experiment.one_run.fit import measure
from bam.experiment.parts.assemble import assemble
from bam.run import checkpoint
from bam.run.earlier_names import MOVED, rename, rename_weights
from bam.run.identity import fingerprint
from bam.run.migrate import migrate
from bam.run.stored_config import FORMAT, read_config, write_config
from tests.conftest import ROOT

PRETRAINED = ROOT / "outputs" / "pretrained" / "ml100k" / "remi-l"
OLD_SELECTION = "objective.losses.single_interest.selection"
SELECTION = "objective.selection"
OLD_METRICS = "metric=[recall,ndcg,mrr,coverage]"  # before there were others
OLD = {new: old for old, new in MOVED.items()}
WERE = ("table", "sampling", "similarity", "aggregation", "schedule", "averaging", "intervals",
        "readout", "memory", "blending", "metric", "any_code", "group_by_length", "precision",
        "compile", "sparse", "refit")  # fmt: skip


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
    config = configured("dataset=planted", OLD_METRICS)
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
        (["backbone=comirec_sa"], "backbone.spread", 0.0),
        (["backbone=transformer"], "backbone.bias", {"_target_": "bam.model.bias.none.NoBias"}),
        (["aggregation=gate"], "aggregation.history", False),
        (["aggregation=logsumexp"], "aggregation.sharpness", 1.0),
        ([], "loss.multi_interest.sharpness", 1.0),
        (["dataset=planted"], "dataset.hours", 0),
        (["dataset=ml100k"], "dataset.filters.consecutive", "all"),
        (["dataset=ml100k"], "dataset.features", {}),
        (["dataset=ml100k"], "dataset.cold_items", False),
        (["dataset=table"], "dataset.events", []),
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


@pytest.mark.parametrize(("name", "per_row"), [("shared", False), ("per_row", True)])
def test_uniform_negatives_were_two_components(configured, name, per_row):
    config = configured(f"negatives={name}")
    target = {"shared": "bam.negatives.shared.Shared", "per_row": "bam.negatives.per_row.PerRow"}
    del config["negatives"]["per_row"]
    config["negatives"]["_target_"] = target[name]
    assert migrate(config)["negatives"]["per_row"] is per_row
    assert migrate(config) == configured(f"negatives={name}")


def test_a_memory_had_the_strength_of_the_one_blending(configured):
    config = configured("memory=transitions", "blending.strength=3.5")
    old = without(config, "blending")
    old["memory"]["strength"] = 3.5
    assert migrate(old) == config


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
    tiny = ("dataset.num_users=60", "dim=8", "threads=1")
    config = configured("dataset=planted", OLD_METRICS, *tiny)
    old = first_config(config)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(old))
    found = read_config(tmp_path / "config.yaml")
    found["trust"] = []
    assert {**found, "evaluation": config["evaluation"]} == config
    *_, one = measure(assemble(found))
    *_, other = measure(assemble(config))
    assert one["test"] == other["test"] and one["balance"] == other["balance"]


def places(tree, path=()):
    """The path of each node below the root."""
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield (*path, key)
        yield from places(value, (*path, key))


@pytest.mark.parametrize("value", [None, 5, "x", [], {}])
def test_a_value_of_another_kind_in_an_old_config_is_read_or_one_sentence(
    configured, monkeypatch, value
):
    config, refused = first_config(configured()), 0
    for *parents, last in places(config):
        changed = copy.deepcopy(config)
        node = functools.reduce(dict.__getitem__, parents, changed)
        node[last] = value
        monkeypatch.setattr("bam.run.stored_config.read", lambda path, changed=changed: changed)
        try:
            read_config(Path("config.yaml"))
        except Mistake as mistake:
            assert str(mistake).startswith("config.yaml must be the config of a run (")
            refused += 1
    assert refused or value == {}


def test_the_format_is_the_first_key_and_no_option(tmp_path):
    path = tmp_path / "config.yaml"
    write_config(path, {"seed": 1})
    assert path.read_text().splitlines()[0] == f"format: {FORMAT}"
    assert read_config(path) == {"seed": 1}


def test_a_value_that_is_used_twice_is_written_twice(tmp_path):
    cutoffs = [10, 20]
    write_config(tmp_path / "config.yaml", {"recall": cutoffs, "ndcg": cutoffs})
    assert "&" not in (tmp_path / "config.yaml").read_text()
    assert read_config(tmp_path / "config.yaml") == {"recall": cutoffs, "ndcg": cutoffs}


@pytest.mark.parametrize("newer", [FORMAT + 1, "new"])
def test_a_newer_format_is_refused_in_one_sentence(tmp_path, newer):
    (tmp_path / "config.yaml").write_text(f"format: {newer}\nseed: 1\n")
    with pytest.raises(
        Mistake, match=rf"config\.yaml: format must be at most {FORMAT}, got .*newer"
    ):
        read_config(tmp_path / "config.yaml")


def with_copies(config):
    """A config with the copies that each loss had in version 0.1."""
    copies = {"single_interest": ("selection", "likelihood"), "multi_interest": ("likelihood",)}
    losses = {
        name: {**loss, **{part: config[part] for part in copies[name]}}
        for name, loss in config["loss"].items()
    }
    return {**config, "loss": losses}


def test_copies_in_the_losses_are_dropped_and_nothing_else(configured):
    config = configured("selection=l", "likelihood=full_softmax")
    assert migrate(with_copies(config)) == config
    assert all("likelihood" not in loss for loss in migrate(with_copies(config))["loss"].values())


def test_a_loss_with_another_likelihood_than_its_run_is_refused(configured):
    config = with_copies(configured())
    config["likelihood"] = {**config["likelihood"], "beta": 0.5}
    with pytest.raises(Mistake, match=r"loss\.\w+\.likelihood is no option"):
        components(migrate(config)["loss"], "loss")


def test_weights_are_renamed_at_any_depth():
    weights = {f"{OLD_SELECTION}.correlation.step": 1, "model.items.weight": 2}
    expected = {f"{SELECTION}.correlation.step": 1, "model.items.weight": 2}
    assert rename_weights({"step": weights, "draws": [{0: 3}]}) == {
        "step": expected,
        "draws": [{0: 3}],
    }


def test_weights_of_version_0_1_fill_the_model_and_rank_as_they_did(small, tmp_path):
    config = small("dataset=planted", "selection=l", "threads=1")
    parts = assemble(config)
    expected = parts.rank(parts.split.test).rank
    path = tmp_path / "weights.safetensors"
    checkpoint.save(parts.step, path)
    weights = load_file(path)
    old = {name.replace(SELECTION, OLD_SELECTION): weight for name, weight in weights.items()}
    assert old.keys() != weights.keys()
    save_file(old, path)
    (tmp_path / "SHA256SUMS").unlink()  # version 0.1 wrote none
    again = assemble(migrate(with_copies({**config, "seed": 7})))
    assert not again.rank(again.split.test).rank.equal(expected)
    checkpoint.load(again.step, path)
    assert again.rank(again.split.test).rank.equal(expected)


@pytest.mark.skipif(
    not (ROOT / "data" / "ml100k" / "items.npy").is_file(), reason="data/ml100k is not prepared"
)
def test_a_pretrained_run_has_the_metrics_that_were_stored_with_it():
    config = read_config(PRETRAINED / "config.yaml")
    config["dataset"]["folder"] = str(ROOT / "data" / "ml100k")
    parts = assemble({**config, "trust": []})
    checkpoint.load(parts.step, PRETRAINED / "weights.safetensors")
    stored = json.loads((PRETRAINED / "results.json").read_text())["test"]
    *_, found = measure(parts)
    assert found["test"] == pytest.approx({name: stored[name] for name in found["test"]}, abs=1e-6)
