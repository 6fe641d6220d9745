"""From Python: the numbers of the command, and a process that is afterwards as it was."""

import copy
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import hydra
import jaxtyping
import numpy as np
import polars as pl
import pytest
import torch
import yaml
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobRuntime

import bam
from bam.data.dataset.build.store import read_catalogue
from bam.system import stop
from bam.training.update import Update
from tests.experiment.planted import PLANTED, numbers, results

RUN = (*PLANTED, "trainer.max_steps=40", "trainer.validate_every=20")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run in a folder that is the working folder."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return bam.train(*RUN)


@pytest.fixture
def run(finished, monkeypatch):
    monkeypatch.chdir(finished.folder.parents[1])
    return bam.load(finished.folder)


def test_it_trains_to_the_last_digit_as_the_command_does(start, tmp_path):
    start("train.py", *RUN, "hydra.run.dir=command")
    found = bam.train(*RUN, "hydra.run.dir=python")
    assert found.folder == tmp_path / "python"
    assert numbers(found.folder) == numbers(tmp_path / "command")


def test_it_writes_to_the_folder_of_the_command(run, start, finished):
    start.__closure__  # noqa: B018  # the fixture changes the folder
    os.chdir(finished.folder.parents[1])
    with pytest.raises(SystemExit, match=f"run folder {finished.folder} already holds a finished"):
        start("train.py", *RUN)


def test_a_second_call_opens_what_is_finished(run, monkeypatch):
    monkeypatch.setattr(
        "bam.experiment.one_run.train._train", lambda *a: pytest.fail("trained again")
    )
    assert bam.train(*RUN).results == run.results


def test_a_name_is_the_name_of_the_folder_and_data_are_options(start, tmp_path):
    lines = [f"{user} {1 + (user + n) % 9}\n" for user in range(1, 21) for n in range(6)]
    (tmp_path / "a.txt").write_text("".join(lines))
    start("prepare.py", "dataset=table", "dataset.raw=a.txt", "dataset.name=own",
          "dataset.columns={user: 0, item: 1}", "data_dir=d")  # fmt: skip
    found = bam.train("dataset=own", "data_dir=d", *PLANTED[1:], "trainer.max_steps=0", "name=mine")
    assert found.folder == tmp_path / "outputs" / "mine" and found.results["dataset"] == "own"
    assert len(found.interests([1, 2]).vectors) == 4  # the data_dir goes with the run
    assert "own" not in str(ConfigStore.instance().repo.get("dataset"))


def test_the_composed_config_is_that_of_the_run(run):
    assert bam.compose(*RUN) == {**run.config, "trust": []}


def test_the_process_is_afterwards_as_it_was(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mine.py", "--not-for-bam"])
    with hydra.initialize_config_dir(str(tmp_path), version_base="1.2", job_name="mine"):
        mine = GlobalHydra.instance().hydra
        options = copy.deepcopy(ConfigStore.instance().repo)
        before, configured = state_of_the_process(), HydraConfig.initialized()
        bam.train(*PLANTED, "trainer.max_steps=2", "threads=2")
        bam.load(tmp_path / run.folder, f"data_dir={run.folder.parents[1]}/data").model  # noqa: B018
        after = state_of_the_process()
        assert GlobalHydra.instance().hydra is mine and JobRuntime.instance().get("name") == "mine"
        assert hydra.version.getbase() == hydra.version.Version("1.2")
        assert ConfigStore.instance().repo.keys() == options.keys()
        assert HydraConfig.initialized() == configured
    assert after == before


def state_of_the_process():
    root, ours = logging.getLogger(), logging.getLogger("bam")
    return {
        "folder": Path.cwd(),
        "arguments": sys.argv,
        "streams": [sys.stdout, sys.stderr],
        "logging": [root.handlers[:], root.level, ours.handlers[:], ours.level],
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "environment": dict(os.environ),
        "torch": [torch.get_rng_state().tolist(), torch.get_num_threads()],
        "numpy": str(np.random.get_state()),
        "threads": threading.active_count(),
    }


def test_another_thread_may_call_it(finished, tmp_path):
    found = []

    def call():
        found.append(bam.train(*RUN, f"hydra.run.dir={tmp_path / 'thread'}",
                               f"data_dir={tmp_path / 'data'}"))  # fmt: skip

    threads = [threading.Thread(target=call)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0].results["test"] == finished.results["test"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["selection=hard,p"], "selection must have one value, got 'selection=hard,p'; write a "
         "loop: for value in ['hard', 'p']: bam.train(f\"selection={value}\")"),
        (["seed=range(3)"], "seed must have one value"),
        (["optimizer.lr=interval(0,1)"], "for value in []: "),
        (["experiment=num_interests"], "must be started by the command `bam train -m`"),
        (["-m", "selection=p"], "an option must be a text such as 'dataset=ml100k', got '-m'"),
        (["ml100k"], "an option must be a text such as 'dataset=ml100k', got 'ml100k'"),
        (["selection=pp"], "selection=pp is no option; did you mean p"),
        (["dimm=3"], "dimm is no option; did you mean dim=3?"),
        (["selection='"], "selection"),
        (["dim=x"], "dim must be a number, got 'x'"),
        (["dim=0"], "dim must be at least 1, got 0"),
        (["backbone._target_=os.system"], "backbone._target_ must be a class or function that"),
        (["name=a/b"], "name must have no slash"),
        (["hydra.run.dir=file/run"], "file: must be a folder, and is a file"),
    ],
)  # fmt: skip
def test_a_mistake_is_raised_and_nothing_else_happens(tmp_path, monkeypatch, options, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    before = logging.getLogger().handlers[:]
    with pytest.raises(bam.Mistake, match=re.escape(sentence)) as raised:
        bam.train("dataset=planted", "device=cpu", *options)
    assert "\n" not in str(raised.value) and logging.getLogger().handlers == before
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("follow", "option"), [(bam.blend, "with=transitions"), (bam.update, "raw=.")]
)
def test_a_run_that_follows_is_refused_before_anything_is_made(run, tmp_path, follow, option):
    before = sorted(run.folder.parents[1].rglob("*"))
    with pytest.raises(bam.Mistake, match="name must have no slash"):
        follow(run, option, f"name={tmp_path}/x")
    assert sorted(run.folder.parents[1].rglob("*")) == before and not any(tmp_path.iterdir())


@pytest.mark.parametrize("config", ["train", "evaluate"])
def test_a_folder_that_holds_no_run_is_refused(tmp_path, config):
    with pytest.raises(bam.Mistake, match=r"run must be the folder of a run, with a config.yaml"):
        bam.load(tmp_path)
    with pytest.raises(bam.Mistake, match="must hold at least one run, got none"):
        bam.read_results(tmp_path)


def test_ctrl_c_raises_when_the_state_is_kept_and_the_same_call_goes_on(
    finished, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    def take(self, loss, step, move=Update.__call__):
        if step == 25:
            signal.raise_signal(signal.SIGINT)
        move(self, loss, step)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt, match="step 25 is kept"):
        patch.setattr("bam.training.update.Update.__call__", take)
        bam.train(*RUN)
    assert bam.train(*RUN).results["test"] == finished.results["test"]


def test_a_second_ctrl_c_interrupts_the_call_and_not_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stop, "SAME", 0)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    monkeypatch.setattr(stop.os, "_exit", lambda code: pytest.fail("the process has ended"))

    def take(self, loss, step):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("bam.training.update.Update.__call__", take)
    try:
        with pytest.raises(KeyboardInterrupt) as raised:
            bam.train(*RUN)
    finally:
        signal.signal(signal.SIGINT, before)
    assert type(raised.value) is KeyboardInterrupt


def test_a_program_without_logging_sees_the_lines_once(tmp_path):
    program = f"import bam\nbam.train(*{RUN!r})\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stderr.count("step 20: loss ") == 1 and not done.stdout


def test_a_program_with_its_own_logging_gets_the_lines_there(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.INFO):
        bam.train(*RUN)
    assert sum("step 20: loss " in line for line in caplog.messages) == 1


def test_a_run_has_what_its_folder_has(run):
    assert run.results == results(run.folder)
    assert run.environment == json.loads((run.folder / "environment.json").read_text())
    assert run.history["step"].to_list() == [20, 40]
    assert run.history["recall@20"][1] == run.results["valid"]["recall@20"]


def test_a_run_that_has_not_ended_has_no_results_yet(run, tmp_path):
    (tmp_path / "config.yaml").write_bytes((run.folder / "config.yaml").read_bytes())
    begun = bam.load(tmp_path)
    assert begun.results == {} and begun.environment == {} and begun.history.is_empty()


def test_the_interests_are_those_of_the_model(run):
    [path] = run.folder.parents[1].glob("data/planted/*/catalogue.tsv")
    catalogue = read_catalogue(path.parent)
    history = [str(item) for item in catalogue["original_id"][:30]]
    found = run.interests(history)
    assert found.items == history[-20:]  # as long as in training
    assert found.vectors.shape == (4, 16) and found.routing.shape == (4, 20)
    assert not run.model.training
    with torch.no_grad():
        read = torch.tensor([catalogue["item"][10:30].to_list()])
        expected = run.model(read, read[:, :0])
    assert torch.equal(found.vectors, expected.vectors[0])
    assert torch.equal(run.interests([int(item) for item in history]).vectors, found.vectors)


def test_a_history_of_nothing_or_of_unknown_items_is_refused(run):
    with pytest.raises(bam.Mistake, match="history must hold at least one item"):
        run.interests([])
    with pytest.raises(bam.Mistake, match="must hold items of planted, got 'x7, 99999'"):
        run.interests([1, "x7", 99999])


def test_histories_and_numbers_of_other_kinds_are_one_sentence(run, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # as for users
    assert run.recommend([1, 2], np.int64(3)).height == 3
    for history in ("12", b"12", None, 5):
        with pytest.raises(bam.Mistake, match="history must be a list of ids, got"):
            run.recommend(history)
    for n in (True, 2.0, 0, "3"):
        with pytest.raises(bam.Mistake, match="n must be a whole number of at least 1"):
            run.recommend([1, 2], n)
    for answer in (run.interests_many, run.recommend_many):
        with pytest.raises(bam.Mistake, match="an id of its own as text, got '1'"):
            answer({1: [1], "1": [2]})


def test_a_run_is_tested_again(run):
    assert bam.evaluate(run)["test"] == run.results["test"]
    found = bam.evaluate(run.folder, "evaluation=published", "metric=recall")
    assert found["test"].keys() == {"recall@10", "recall@20"}
    with pytest.raises(bam.Mistake, match="fixes dim; only evaluation"):
        bam.evaluate(run, "dim=8")


def test_other_cutoffs_are_those_of_the_runs_own_metrics(run, tmp_path):
    other = Path(shutil.copytree(run.folder, tmp_path / "other"))
    saved = yaml.safe_load((other / "config.yaml").read_text())
    recall = saved["metric"]["recall"]
    saved["metric"] = {
        "recall": recall,
        "gini": {"_target_": "bam.evaluation.metric.gini.Gini", "cutoffs": [7]},
    }
    (other / "config.yaml").write_text(yaml.safe_dump(saved))
    found = bam.evaluate(other, "evaluation.cutoffs=[5]")
    assert found["test"].keys() == {"recall@5", "gini@7"}


def test_the_results_of_runs_are_the_table_of_collect(run, start, tmp_path):
    start("collect.py", str(run.folder.parent), "--to", str(tmp_path))
    table = pl.read_csv(tmp_path / "results.csv")
    assert bam.read_results(run.folder.parent).columns == table.columns
    assert bam.read_results(str(run.folder))["recall@10"].to_list() == table["recall@10"].to_list()
