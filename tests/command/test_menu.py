"""The menu is made of the files of bam/command, and a mistyped command is answered at once."""

import subprocess
import sys

import pytest

from bam.__main__ import commands
from tests.conftest import ROOT


def bam(folder, *words):
    command = [sys.executable, "-m", "bam", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("words", [[], ["--help"], ["help"]])
def test_the_menu_has_every_command_and_what_it_does(tmp_path, words):
    done = bam(tmp_path, *words)
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("  ")}
    assert done.returncode == 0 and lines.keys() >= commands().keys()
    assert commands().keys() >= {"train", "evaluate", "prepare", "search", "collect", "report",
                                 "runs", "clean", "bench", "info"}  # fmt: skip
    assert "Train, test and keep one run" in lines["train"]
    assert max(map(len, done.stdout.splitlines())) <= 90


def test_each_command_has_a_line_with_an_example():
    for name, words in commands().items():
        assert f": bam {name}" in words, name


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        (
            "trian",
            "error: trian is no command; did you mean train? the commands are: bench, blend, board",
        ),
        ("Train", "did you mean train?"),
        ("dataset=ml100k", "a command must come first, got 'dataset=ml100k'; write bam train data"),
        ("../x", "../x is no command; the commands are:"),
    ],
)
def test_what_is_no_command_is_answered_with_the_nearest(tmp_path, word, sentence):
    done = bam(tmp_path, word)
    assert done.returncode == 1 and sentence in done.stderr and done.stderr.count("\n") == 1


def test_help_of_a_command_has_two_spellings(tmp_path):
    assert bam(tmp_path, "help", "runs").stdout == bam(tmp_path, "runs", "--help").stdout != ""


def test_the_version_is_that_of_bam_also_after_a_command(tmp_path):
    assert bam(tmp_path, "--version").stdout.startswith("bam ")
    assert bam(tmp_path, "train", "--version").stdout == bam(tmp_path, "--version").stdout


@pytest.mark.parametrize("code", ["import bam", "from bam.__main__ import main; main()"])
def test_the_menu_loads_neither_hydra_nor_torch(tmp_path, code):
    heavy = "{'torch', 'hydra', 'omegaconf', 'numpy', 'polars'} & sys.modules.keys()"
    code = f"import sys; {code}; sys.exit(str({heavy} or ''))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True)
    assert done.stderr == b"\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "scripts").glob("*.py")))
def test_a_script_is_the_command_of_its_name(name):
    assert name in commands() and f'run("{name}")' in (ROOT / "scripts" / f"{name}.py").read_text()
