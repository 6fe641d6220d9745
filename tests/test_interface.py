"""`import bam` is quick, and has the names that docs/python.md shows."""

import ast
import subprocess
import sys

import pytest

import bam
from tests.conftest import ROOT

SILENT = """
import sys
before = set(sys.modules)
import bam
assert dir(bam) and bam.__all__
print({name.partition(".")[0] for name in set(sys.modules) - before})
"""


def test_importing_bam_loads_no_library():
    command = [sys.executable, "-c", SILENT]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    loaded = ast.literal_eval(done.stdout)
    assert "bam" in loaded
    assert not loaded & {"torch", "hydra", "omegaconf", "numpy", "polars", "yaml"}


def test_every_public_name_is_there_for_python_and_for_editors():
    assert sorted(bam.HOMES) == sorted(bam.__all__)
    assert {*bam.__all__} <= {*dir(bam)}
    for name in bam.__all__:
        assert getattr(bam, name).__doc__
    tree = ast.parse((ROOT / "bam" / "__init__.py").read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {one.asname: node.module for node in block.body for one in node.names}
    assert typed == bam.HOMES


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        bam.trian  # noqa: B018
