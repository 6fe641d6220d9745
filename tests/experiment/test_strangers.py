"""What a stranger sends, a run or a folder of data, executes, fetches and builds nothing."""

import json
import os
import runpy
import shutil
import sys

import numpy as np
import pytest
import torch
import yaml

from bam.config.target import find_target
from bam.data.dataset.build import once
from bam.data.dataset.build.download import Download
from bam.data.dataset.build.option import LOAD
from bam.results.user_values import user_values
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, results

RAW = "".join(f"{user} {1 + (user + n) % 9}\n" for user in range(1, 21) for n in range(6))
OWN = [option for option in PLANTED if not option.startswith("dataset")]
STEPS = "trainer.max_steps=0"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished run on planted users, and their data."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["train.py", *PLANTED, STEPS, "name=sent"])
        runpy.run_path(str(ROOT / "scripts" / "train.py"), run_name="__main__")
    return folder


@pytest.fixture
def run(finished, start, tmp_path):
    """A finished run, on planted users or with these options."""

    def make(*overrides):
        if overrides:
            start("train.py", *OWN, *overrides, STEPS, "name=sent")
        else:
            shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
        return tmp_path / "outputs" / "sent"

    return make


def change(run, **parts):
    path = run / "config.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **parts}))


def refusal(start, *arguments):
    with pytest.raises(SystemExit) as stopped:
        start("evaluate.py", *arguments)
    assert str(stopped.value).startswith("error: ") and "\n" not in str(stopped.value)
    return str(stopped.value)


@pytest.mark.parametrize("part", ["split", "backbone", "evaluation", "selection", "trainer"])
@pytest.mark.parametrize("target", ["bam.system.processes.os.system", "os.system", "mine.Part"])
def test_a_run_executes_no_code_that_its_config_names(run, start, tmp_path, part, target):
    sent, proof = run(), tmp_path / "proof"
    change(sent, **{part: {"_target_": target, "command": f"touch {proof}"}}, trust=["os", "mine"])
    assert f"{part}._target_ must be" in refusal(start, "run=outputs/sent")
    assert not proof.exists()


@pytest.mark.parametrize(
    "dataset",
    [
        {"_target_": "bam.system.processes.os.system", "command": "touch proof"},
        {
            "_target_": "bam.data.dataset.prepare.prepare",
            "name": "sent",
            "folder": "data/sent",
            "raw": "raw.txt",
        },
        {
            "_target_": "bam.data.dataset.prepare.prepare",
            "name": "sent",
            "folder": "data/sent",
            "download": {
                "_target_": "bam.data.dataset.build.download.Download",
                "folder": "data/raw",
                "origins": [
                    {
                        "_target_": "bam.data.dataset.build.download.Package",
                        "requirement": "./evil",
                        "folder": "x",
                    }
                ],
            },
        },
        {
            "_target_": "bam.data.dataset.file.file",
            "cache": "data/files",
            "path": "raw.txt",
            "titles": "",
            "name": "",
        },
        {"_target_": "bam.data.dataset.planted.planted", "cache": "data/planted", "seed": 5},
        {"_target_": "bam.data.dataset.build.store.load", "name": "sent", "folder": "/etc"},
        {},
        None,
        "raw.txt",
    ],
)
def test_a_run_fetches_builds_and_reads_nothing(run, start, tmp_path, monkeypatch, dataset):
    sent = run()
    (tmp_path / "raw.txt").write_text(RAW)
    change(sent, dataset=dataset)
    monkeypatch.setattr(Download, "fetch", lambda self: pytest.fail("fetched"))
    monkeypatch.setattr(once, "_make", lambda *arguments: pytest.fail("built"))
    before = {path.stat().st_atime_ns for path in [tmp_path / "raw.txt"]}
    assert "dataset must be" in refusal(start, "run=outputs/sent")
    assert {path.stat().st_atime_ns for path in [tmp_path / "raw.txt"]} == before
    assert not (tmp_path / "proof").exists() and not (tmp_path / "data" / "sent").exists()


def test_a_config_that_is_no_mapping_is_refused(run, start):
    (run() / "config.yaml").write_text("[1]")
    assert "must be the config of a run" in refusal(start, "run=outputs/sent")


def test_what_is_missing_is_named_with_the_command_that_prepares_it(run, start, tmp_path):
    sent = run()
    shutil.rmtree(tmp_path / "data")
    sentence = refusal(start, "run=outputs/sent")
    assert "data/planted holds no data set of this run" in sentence
    script, *options = sentence.partition("`bam ")[2].partition("`")[0].split()
    start(f"{script}.py", *options)
    assert json.loads(start("evaluate.py", "run=outputs/sent"))["test"] == results(sent)["test"]


def test_the_command_for_a_published_data_set_is_its_name(run, start, configured):
    sent = run()
    change(sent, dataset=configured("dataset=ml1m", "dataset.name='ml1m; touch x'")["dataset"])
    command = "`bam prepare 'dataset=ml1m; touch x'`"
    assert command in refusal(start, "run=outputs/sent")
    change(
        sent, dataset={"_target_": LOAD, "name": "ml100k", "folder": "data/ml100k"}
    )  # of a blend
    assert "`bam prepare dataset=ml100k`" in refusal(start, "run=outputs/sent")


def test_a_prepared_file_is_found_without_the_file(run, start, tmp_path):
    (tmp_path / "raw.txt").write_text(RAW)
    sent = run("dataset=file", "dataset.path=raw.txt")
    (tmp_path / "raw.txt").unlink()
    assert json.loads(start("evaluate.py", "run=outputs/sent"))["test"] == results(sent)["test"]


def test_of_two_that_were_prepared_from_one_name_the_checksum_finds_the_runs_own(
    run, start, tmp_path
):
    for text in (RAW * 2, RAW):
        (tmp_path / "raw.txt").write_text(text)
        shutil.rmtree(tmp_path / "outputs", ignore_errors=True)
        sent = run("dataset=file", "dataset.path=raw.txt")
        first = results(sent)["test"]
    (tmp_path / "raw.txt").write_text(RAW * 3)
    start("prepare.py", "dataset=file", "dataset.path=raw.txt")
    assert json.loads(start("evaluate.py", "run=outputs/sent"))["test"] == first
    for changed in ("results.json", "SHA256SUMS"):  # a run of a version without checksums
        (sent / changed).unlink()
    assert "several data sets of this run" in refusal(start, "run=outputs/sent")


def test_a_config_that_was_changed_opens_no_data_that_it_does_not_name(run, start):
    sent = run()
    saved = yaml.safe_load((sent / "config.yaml").read_text())
    change(sent, dataset={**saved["dataset"], "seed": 7})
    assert "no data set of this run" in refusal(start, "run=outputs/sent")


def test_the_program_that_collects_and_the_one_that_resumes_build_nothing(
    run, start, tmp_path, monkeypatch
):
    sent = run()
    change(sent, backbone={"_target_": "os.system", "command": "touch proof"})
    named = []  # the user's own command is checked, and names its parts

    def find(name, *rest):
        named.append(name)
        return find_target(name, *rest)

    monkeypatch.setattr("bam.config.instantiate.find_target", find)
    start("collect.py", "outputs")
    start("report.py", "outputs")
    with pytest.raises(SystemExit, match="already holds a finished run"):
        start("train.py", *PLANTED, STEPS, "name=sent")
    (sent / "results.json").unlink()
    with pytest.raises(SystemExit, match="already holds another run"):
        start("train.py", *PLANTED, STEPS, "name=sent")
    assert named and "os.system" not in named and not (tmp_path / "proof").exists()


class Bomb:
    """Executes a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch proof",)


@pytest.mark.parametrize("file", ["weights.safetensors", "resume.pt", "ranks.npy", "items.npy"])
def test_no_file_of_a_run_or_of_data_executes_pickled_code(run, start, tmp_path, file):
    sent = run()
    data = next((tmp_path / "data" / "planted").iterdir())
    bomb = np.array([Bomb()], dtype=object)
    if file.endswith(".npy"):
        np.save((data if file == "items.npy" else sent) / file, bomb)
    else:
        torch.save(Bomb(), sent / file)
    for sums in (sent / "SHA256SUMS", data / "SHA256SUMS"):
        sums.unlink()  # a stranger's are no guard
    (sent / "users.parquet").unlink()  # so that the ranks are read
    (sent / "results.json").unlink()  # so that the run continues
    readers = {
        "resume.pt": lambda: start("train.py", *PLANTED, STEPS, "name=sent"),
        "ranks.npy": lambda: user_values(sent, "mrr"),
    }
    with pytest.raises((SystemExit, ValueError)):
        readers.get(file, lambda: start("evaluate.py", "run=outputs/sent"))()
    assert not (tmp_path / "proof").exists()
