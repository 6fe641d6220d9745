"""Programs started as a user starts them.

The shapes in signatures are not checked here, which took half of the time of these tests. The tests
of parts check them, and those of all methods on planted users (`make check-planted`).
"""

import runpy
import sys

import jaxtyping
import pytest

from tests.conftest import ROOT


@pytest.fixture
def start(tmp_path, monkeypatch, capsys, request):
    """Run a script with these overrides, data and outputs below tmp_path; returns its output."""
    monkeypatch.chdir(tmp_path)
    unchecked = request.node.get_closest_marker("planted") is None
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", unchecked)

    def run(script, *overrides):
        monkeypatch.setattr(sys, "argv", [script, *overrides])
        capsys.readouterr()
        runpy.run_path(str(ROOT / "scripts" / script), run_name="__main__")
        return capsys.readouterr().out

    return run
