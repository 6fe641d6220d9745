"""`bam serve` refuses a wrong option with one sentence, before it listens."""

import sys

import pytest

from bam.__main__ import main
from bam.experiment.answers.serve import LOOPBACK, Options
from tests.serving.server import small


@pytest.mark.parametrize(
    "options, sentence",
    [
        (["nowhere"], "run must be the folder of an export or of a finished run: bam serve"),
        ([], "run must be the folder of an export"),
        (["run="], "run must be the folder of an export"),
        (["."], "run must be the folder of an export"),  # it is there, and is neither
        (["{folder}"], "has no checksum"),
        (["{folder}", "n=0"], "n must be from 1 to limits.n=200, got 0"),
        (["{folder}", "limits.body=0"], "limits.body must be above 0, got 0"),
        (["{folder}", "limits.boddy=0"], "limits.boddy"),
        (["{folder}", "port=70000"], "port must be from 0 to 65535, got 70000"),
        (["{folder}", "threads=-1"], "threads must be at least 0, got -1"),
        (["{folder}", "max_cosine=3"], "max_cosine must be from -1 to 1"),
    ],
)
def test_a_wrong_option_is_one_sentence(monkeypatch, tmp_path, options, sentence):
    folder = small.write(tmp_path / "folder", "neither")
    monkeypatch.chdir(tmp_path)
    words = [text.format(folder=folder) for text in options]
    monkeypatch.setattr(sys, "argv", ["bam", "serve", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert str(ended.value).startswith("error: ") and sentence in str(ended.value)


@pytest.mark.parametrize(
    "host, hosts, names",
    [
        ("127.0.0.1", [], LOOPBACK),
        ("localhost", [], LOOPBACK),
        ("::1", [], LOOPBACK),
        ("0.0.0.0", [], ()),
        ("127.0.0.1", ["a.org"], ["a.org"]),
    ],
)
def test_only_a_server_of_this_machine_has_names_without_hosts(tmp_path, host, hosts, names):
    folder = small.write(tmp_path / "folder", "any")
    assert Options(str(folder), host, 8000, hosts, 10, 1).names == names
