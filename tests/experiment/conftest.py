"""Programs started as a user starts them."""

import runpy
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture
def start(tmp_path, monkeypatch, capsys):
    """Run a script with these overrides, data and outputs below tmp_path; returns its output."""
    monkeypatch.chdir(tmp_path)

    def run(script, *overrides):
        monkeypatch.setattr(sys, "argv", [script, *overrides])
        capsys.readouterr()
        runpy.run_path(str(ROOT / "scripts" / script), run_name="__main__")
        return capsys.readouterr().out

    return run
