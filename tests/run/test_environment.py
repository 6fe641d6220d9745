"""environment.json names bam's own code and never the repository that happens to lie around it."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest
import torch

from bam.run import environment as module
from bam.run.environment import _commit_of, command_line, environment
from tests.conftest import ROOT


def git(folder, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A user's repository with one commit, and bam's code in its .venv, which git ignores."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(".venv\n")
    git(tmp_path, "add", ".gitignore")
    git(tmp_path, "commit", "-q", "-m", "mine")
    shutil.copytree(ROOT / "bam" / "run", tmp_path / ".venv" / "bam" / "run")
    return tmp_path


def test_the_commit_of_a_users_repository_is_not_recorded(repository):
    assert git(repository, "rev-parse", "HEAD")
    assert _commit_of(repository / ".venv" / "bam") is None
    (repository / ".gitignore").unlink()  # untracked is not tracked
    assert _commit_of(repository / ".venv" / "bam") is None


def test_the_commit_of_the_code_is_recorded_and_whether_it_has_changed(repository):
    package = repository / ".venv" / "bam"
    git(repository, "add", "-f", ".venv")
    git(repository, "commit", "-q", "-m", "code")
    commit = git(repository, "rev-parse", "HEAD")
    assert _commit_of(package) == {"commit": commit, "modified": False}
    (package / "run" / "spec.py").write_text("changed")
    assert _commit_of(package) == {"commit": commit, "modified": True}


def test_without_git_there_is_no_commit_and_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _commit_of(module.PACKAGE) is None
    assert environment(torch.device("cpu"))["commit"] == module._installed_commit()


@pytest.mark.parametrize(
    ("url", "commit"),
    [
        ('{"url": "https://example.org/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}', "abc"),
        ('{"url": "file:///x.whl", "archive_info": {}}', ""),
        (None, ""),
    ],
)
def test_the_commit_of_an_installed_package_is_the_one_that_pip_has_recorded(
    monkeypatch, url, commit
):
    class Installed:
        def read_text(self, name):
            return url

    monkeypatch.setattr(module.importlib.metadata, "distribution", lambda name: Installed())
    assert module._installed_commit() == commit


def test_code_that_is_not_installed_has_no_version(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module.importlib.metadata, "version", missing)
    assert module._version() == ""


def test_the_machine_is_recorded():
    found = environment(torch.device("cpu"))
    assert found["cpu"] and found["cores"] >= 1 and found["threads"] == 1
    assert found["device"] == "cpu" and set(found["libraries"]) == set(module.LIBRARIES)
    assert found["date"][10] == "T" and json.dumps(found)


def test_the_command_is_what_was_typed(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bam train", "-m", "name=two words", "selection=hard,p"])
    assert (
        command_line("train", ["selection=p"]) == "bam train -m 'name=two words' selection=hard,p"
    )


def test_of_a_python_program_the_command_is_one_that_repeats_the_run(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["my_program.py", "--password=secret"])
    assert command_line("train", ["selection=p", "name=a b"]) == "bam train selection=p 'name=a b'"
    assert command_line("export", []) == "bam export"
