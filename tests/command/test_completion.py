"""TAB completes commands, groups, options, keys, own data sets and paths."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time

import pytest

from bam.command.completion import complete
from tests.conftest import ROOT

LINES = {
    "bam tr": ["tradeoff", "train"],
    "bam help cl": ["clean"],
    "bam train backbone=re": ["backbone=remi"],
    "bam train selec": ["selection.tau=", "selection="],
    "bam train selection=l selection.lin": ["selection.linear_size="],
    "bam train -m selection=hard,u": ["selection=hard,uniform"],
    "bam train metric=[recall,nd": ["metric=[recall,ndcg"],
    "bam train dataset=mi": ["dataset=mine"],
    "bam train hydra/launcher=lo": ["hydra/launcher=local"],
    "bam train compile=t": ["compile=true"],
    "bam bench size=b": ["size=beauty"],
    "bam evaluate run=outputs/r": ["run=outputs/run/"],
    "bam recommend merge=q": ["merge=quota"],
    "bam recommend merge=reciprocal_rank merge.c": ["merge.constant="],
    "bam recommend exclude_seen=f": ["exclude_seen=false"],
    "bam collect out": ["outputs/"],
    "bam board ./out": ["./outputs/"],
    "bam serve out": ["outputs/"],
    "bam data mi": ["mine"],
    "bam data ml100": ["ml100k"],
    "bam methods comi": ["comirec_dr", "comirec_sa"],
    "bam train nothing": [],
    "bam info x": [],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "outputs" / "run").mkdir(parents=True)
    (tmp_path / "data" / "conf" / "dataset").mkdir(parents=True)
    (tmp_path / "data" / "conf" / "dataset" / "mine.yaml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_completed(folder, line):
    assert sorted(complete(line)) == sorted(LINES[line])


def test_completion_loads_neither_hydra_nor_torch(folder):
    code = (
        "import sys; from bam.command.completion import complete; complete('bam train sel'); "
        "sys.exit(bool({'torch', 'hydra', 'omegaconf', 'numpy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@pytest.mark.parametrize(
    ("typed", "completed"),
    [("bam train backb", "backbone"), ("bam train backbone=rem", "backbone=remi ")],
)
def test_bash_completes_what_is_typed(folder, typed, completed):
    (folder / "bam").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bam "$@"\n')
    (folder / "bam").chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb",
                   "PYTHONPATH": f"{ROOT}:{ROOT / 'bam' / 'plugins'}"}  # fmt: skip
    child, terminal = pty.fork()
    if not child:
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
    os.write(terminal, b'PS1=; eval "$(bam completion bash)"; echo rea""dy\n')
    read_until(terminal, "\nready")
    os.write(terminal, f"{typed}\t#".encode())
    assert f"{completed}#" in read_until(terminal, f"{completed}#")
    os.close(terminal)
    os.waitpid(child, 0)


def read_until(terminal, text, seconds=60):
    """What a terminal shows until the text is there."""
    shown, end = "", time.monotonic() + seconds
    while text not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            shown += os.read(terminal, 4096).decode().translate({13: None, 7: None})  # no bell
    return shown
