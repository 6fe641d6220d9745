"""A finished run and a memory become another run, with options chosen on validation."""

import csv
import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import bam
from bam.__main__ import main
from bam.experiment.follow.blend_search import LooksUpOnce, climb
from bam.model.additions import Additions
from bam.run.files import MEMORY
from tests.experiment.planted import PLANTED

FEW = ("tries.transitions.gamma=[0.5,0.8]", "tries.logarithmic.strength=[0.5,2]",
       "tries.linear.weight=[0.2,0.6]", "threads=1")  # fmt: skip


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    place = tmp_path_factory.mktemp("blended")
    folders = (f"data_dir={place}/data", f"hydra.run.dir={place}/run")
    return bam.train(*PLANTED, "trainer.max_steps=100", *folders)


@pytest.fixture(scope="module")
def blended(source):
    folder = source.folder.parent / "new"
    before = files(source.folder)
    new = bam.blend(source, "with=transitions", *FEW, data_dir(source), f"hydra.run.dir={folder}")
    assert files(source.folder) == before
    return new


def data_dir(run):
    return f"data_dir={run.folder.parent}/data"


def files(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def tried(run):
    with (run.folder / "tried.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_blend_that_python_has_made_records_the_command_that_repeats_it(source, blended):
    command = json.loads((blended.folder / "environment.json").read_text())["command"]
    assert command.startswith(f"bam blend run={source.folder} ") and " with=transitions " in command


def test_what_is_tried_of_mixed_memories_is_what_a_test_of_each_gives(source):
    folder = source.folder.parent / "mixed"
    new = bam.blend(source, "with=mixed", "tries.mixed.weight=[0.3,0.6]", data_dir(source),
                    "tries.linear.weight=[0.2,0.5]", "tries.logarithmic.strength=[0.5,2]",
                    f"hydra.run.dir={folder}")  # fmt: skip
    _, *ways = tried(new)
    assert len(ways) >= 6 and len({way["recall@20"] for way in ways}) > 2
    for way in ways:
        option = "strength" if way["blending"] == "logarithmic" else "weight"
        given = [f"{key}={way[key]}" for key in ("memory.weight", "blending", f"blending.{option}")]
        found = bam.evaluate(new, "part=valid", "memory=mixed", *given)["valid"]["recall@20"]
        assert found == float(way["recall@20"])


def test_the_way_that_is_best_on_validation_is_kept_with_the_weights(source, blended):
    alone, *ways = tried(blended)
    best = max(ways, key=lambda way: float(way["recall@20"]))
    memory, blending = blended.config["memory"], blended.config["blending"]
    assert blending["_target_"].endswith(best["blending"].capitalize())
    assert memory["gamma"] == float(best["memory.gamma"])
    option = "strength" if best["blending"] == "logarithmic" else "weight"
    assert blending[option] == float(best[f"blending.{option}"])
    assert blended.results["valid"]["recall@20"] == float(best["recall@20"])
    assert float(alone["recall@20"]) == source.results["valid"]["recall@20"]
    weights = "weights.safetensors"
    assert (blended.folder / weights).read_bytes() == (source.folder / weights).read_bytes()


def test_what_was_measured_is_what_an_evaluation_of_the_run_gives(source, blended):
    """Though the search encodes each history once."""
    for way in tried(blended)[1:]:
        form, gamma = way["blending"], way["memory.gamma"]
        option = "strength" if form == "logarithmic" else "weight"
        options = (f"blending={form}", f"blending.{option}={way[f'blending.{option}']}")
        found = bam.evaluate(
            source, "memory=transitions", f"memory.gamma={gamma}", *options, "part=valid"
        )
        assert found["valid"]["recall@20"] == float(way["recall@20"])


def test_the_new_run_is_one_like_any_other(source, blended):
    assert bam.evaluate(blended)["test"] == blended.results["test"] != source.results["test"]
    assert len(blended.recommend(["1", "2"], 5)) == 5
    folder = f"hydra.run.dir={blended.folder}"
    again = bam.blend(source, "with=transitions", *FEW, data_dir(source), folder)
    assert again.results == blended.results


def test_what_the_memory_has_counted_is_in_the_run_and_is_not_counted_again(
    source, blended, tmp_path, monkeypatch
):
    assert not (source.folder / MEMORY).exists()
    kept = copied(blended, tmp_path)
    monkeypatch.setattr("bam.experiment.parts.memory.rows_and_items", counting)
    assert bam.evaluate(kept)["test"] == blended.results["test"]
    with pytest.raises(Counting):
        bam.evaluate(kept, "memory=transitions", "memory.most=1")
    (kept / MEMORY).unlink()
    with pytest.raises(Counting):
        bam.evaluate(kept)


def test_without_the_file_it_is_counted_again(blended, tmp_path):
    kept = copied(blended, tmp_path)
    (kept / MEMORY).unlink()
    assert bam.evaluate(kept)["test"] == blended.results["test"]


def test_counts_that_are_damaged_are_refused(blended, tmp_path):
    kept = copied(blended, tmp_path)
    (kept / MEMORY).write_bytes((kept / MEMORY).read_bytes()[:-4])
    with pytest.raises(bam.Mistake, match=f"{MEMORY}: damaged"):
        bam.evaluate(kept)


def copied(run, place):
    return Path(shutil.copytree(run.folder, place / "kept"))


class Counting(Exception):
    pass


def counting(*given):
    raise Counting


def test_an_option_takes_its_best_value_for_the_present_values_of_the_others():
    def measure(values):
        a, b = values["blending.a"], values["memory.b"]
        return -2 * (a - 3) ** 2 - (b - a) ** 2 / 2

    found = list(climb({"blending.a": [1, 2, 3, 4], "memory.b": [1, 2, 3]}, measure))
    settings = [tuple(values.values()) for values, _ in found]
    assert len(set(settings)) == len(settings)
    assert max(found, key=lambda one: one[1])[0] == {"blending.a": 3, "memory.b": 3}


def test_a_form_without_options_is_measured_once():
    assert list(climb({}, lambda values: 1.0)) == [({}, 1.0)]


class Counted(nn.Module):
    """A memory that knows one item of each history, and counts its calls."""

    calls = 0

    def forward(self, history):
        self.calls += 1
        rows = torch.arange(len(history))
        return Additions(rows, history[:, 0], torch.ones(len(history)))


@pytest.mark.parametrize(("kept", "calls"), [(3, 1), (2, 2)])
def test_a_memory_is_looked_up_once_for_each_block_as_far_as_there_is_room(
    monkeypatch, kept, calls
):
    monkeypatch.setattr("bam.experiment.follow.blend_search.KEPT", kept)
    once = LooksUpOnce(counted := Counted())
    history = torch.tensor([[1, 2], [3, 4], [5, 6]])
    assert once(history).item.equal(once(history.clone()).item)
    assert counted.calls == calls
    assert once(history + 1).item.tolist() == [2, 4, 6]
    assert once(history.reshape(2, 3)).item.tolist() == [1, 4]  # the same numbers, of other users


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("with=none",), "with must be a memory that knows something, or the folder"),
        (("with=transition",), "with=transition is no option; did you mean transitions"),
        (("forms=[]",), "forms must have an option of blending"),
        (("forms=[liner]",), "forms=[liner] is no option; did you mean linear"),
        (("choose_by=recal",), "choose_by must be one of recall@"),
        (("tries.linear.weight=[]",), "tries.linear.weight must have a value"),
        (("tries.linear.weight=[1.0]", "forms=[linear]"), "tries.linear.weight must be at least 0"),
        (("+tries.transitions.gama=[1.0]",), "tries.transitions.gama is no option"),
        (("with=3",), "with must be the name of an option, got 3"),
        (("run=''",), "run must be the folder of a finished run"),
    ],
)
def test_a_mistake_is_named_and_leaves_nothing(source, options, sentence):
    folder = source.folder.parent / "wrong"
    with pytest.raises(bam.Mistake) as found:
        bam.blend(source, *FEW, *options, data_dir(source), f"hydra.run.dir={folder}")
    assert sentence in str(found.value)
    assert not folder.exists()


def test_the_command_says_what_it_chose_and_its_folder_last(
    source, blended, capsys, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    words = [f"run={source.folder}", "with=transitions", *FEW, data_dir(source)]
    monkeypatch.setattr(sys, "argv", ["bam", "blend", *words])
    main()
    shown = capsys.readouterr()
    assert "chosen: blending=" in shown.err and "without" in shown.err
    last = shown.out.strip().splitlines()[-1]
    assert last.startswith(f"{tmp_path}/outputs/run-with-transitions-")


def test_a_run_that_was_trained_on_the_validation_targets_is_refused(source, tmp_path):
    options = (*PLANTED, "trainer.max_steps=0", "refit=true", data_dir(source))
    both = bam.train(*options, f"hydra.run.dir={tmp_path}/both")
    with pytest.raises(bam.Mistake, match="run must have refit=false"):
        bam.blend(both, "with=transitions", *FEW, data_dir(source))
