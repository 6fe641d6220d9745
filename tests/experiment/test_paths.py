"""Paths of any name: on the command line, as the project's folder, and for what is written."""

import json
import os
import subprocess
import sys

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from bam.config.paths import quote_paths
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED
from tests.results.run_folder import finished_in

NAMES = ["x (copy)", "größe", "it's", "a#b", "a,b", "a=b", "{}", "$HOME", "a%20b", "a&b", "a  b",
         "a\nb", "🎉", "-x", "a;b", "[a]", "a*b", "~x", "中文", "x{a}", 'say "x"', "a\\b",
         " a "]  # fmt: skip
FEW = [*PLANTED, "trainer.max_steps=1", "trainer.validate_every=1"]


def read(text):
    value = OverridesParser.create().parse_override(text).value()
    return getattr(value, "text", value)


@pytest.mark.parametrize("name", NAMES)
def test_hydra_reads_a_path_as_it_is_typed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    for option in ("run", "data_dir", "hydra.run.dir", "dataset.raw"):
        for more in ([], ["-m"]):
            [text, *_] = quote_paths([f"{option}={name}", *more])
            assert read(text) == name


def test_what_hydra_reads_as_it_is_typed_stays_as_it_is():
    plain = ["data_dir=data", "data_dir='my, data'", "run=${oc.env:RUN}", "selection.tau=1,2",
             "+dataset.raw=a/b.csv", "--help", "dataset.columns={user: a}",
             "data_dir="]  # fmt: skip
    assert quote_paths(plain) == plain


def test_only_a_sweep_reads_a_comma_between_paths():
    assert quote_paths(["dataset.path=a,b", "-m"])[0] == "dataset.path=a,b"
    assert quote_paths(["dataset.path=a,b"])[0] == "dataset.path='a,b'"
    assert quote_paths(["hydra.sweep.dir=a,b", "-m"])[0] == "hydra.sweep.dir='a,b'"


@pytest.mark.parametrize("name", ["x (copy)", "größe [a]*?", "a,b=c#", "it's {} $HOME"])
def test_everything_may_lie_in_a_folder_of_any_name(start, tmp_path, monkeypatch, name):
    (tmp_path / name / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / name)
    table = "user,item\n" + "".join(f"{user},{item}\n" for user in range(9) for item in range(9))
    (tmp_path / name / name / "a.csv").write_text(table)
    start("prepare.py", "dataset=table", "dataset.columns={user: user, item: item}",
          f"dataset.raw={name}/a.csv", "dataset.name=mine", f"data_dir={name}")  # fmt: skip
    mine = ["dataset=mine", f"data_dir={name}", *FEW[1:]]
    start("train.py", *mine, f"hydra.run.dir={name}/run")
    assert "test" in json.loads(start("evaluate.py", f"run={name}/run"))
    start("train.py", *mine, f"hydra.sweep.dir={name}/sweep", "seed=1,2", "-m")
    assert "| mine |" in start("collect.py", f"./{name}/sweep")


@pytest.mark.processes
def test_two_programs_prepare_the_same_data_at_once(tmp_path):
    table = "user,item\n" + "".join(f"{user},{item}\n" for user in range(99) for item in range(99))
    (tmp_path / "a.csv").write_text(table)
    command = [sys.executable, str(ROOT / "scripts" / "prepare.py"), "dataset=table",
               "dataset.raw=a.csv", "dataset.columns={user: user, item: item}",
               "dataset.name=mine"]  # fmt: skip
    both = [
        subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]
    printed = [program.communicate()[0].decode() for program in both]
    assert [program.returncode for program in both] == [0, 0], printed
    assert all("99 users, 99 items" in text for text in printed)


@pytest.mark.processes
@pytest.mark.parametrize("command", [["train.py", "--help"], ["collect.py", "runs"]])
def test_a_reader_that_ends_early_ends_the_program_in_silence(tmp_path, command):
    finished_in(tmp_path)("runs/a")
    script, *options = command
    command = [sys.executable, str(ROOT / "scripts" / script), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe) as program:
        assert program.stdout and program.stderr
        program.stdout.close()
        assert program.stderr.read() == b"" and program.wait() == 1


@pytest.mark.processes
@pytest.mark.parametrize("encoding", ["latin1", "ascii"])
def test_every_name_is_printed_in_any_encoding(tmp_path, encoding):
    finished_in(tmp_path)("größe 中文/a", choices={"dataset": "größe 中文 🎉"})
    command = [sys.executable, str(ROOT / "scripts" / "collect.py"), "größe 中文"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert rb"\u4e2d\u6587" in done.stdout
