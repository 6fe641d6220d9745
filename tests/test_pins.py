"""Everything that is installed is pinned with its hashes, and an audit that sees nothing fails."""

import importlib.metadata
import json
import re
import subprocess

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PINS = [ROOT / "constraints.txt", *sorted((ROOT / ".ci").glob("*.txt"))]
PIN = re.compile(r"[\w.-]+==\S+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n")
CONTROL = {"dependencies": [{"name": "pyyaml", "vulns": [{"aliases": ["CVE-2020-1747"]}]}]}


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_pin_has_a_version_and_a_hash(path):
    pins = re.sub(r"\A(#.*\n)+", "", path.read_text())
    assert pins and PIN.sub("", pins) == ""


def test_whatever_a_package_needs_is_pinned():
    pinned = {
        name.lower()
        for path in PINS
        for name in re.findall(r"^([\w.-]+)==", path.read_text(), re.M)
    }
    needed = re.findall(r'^    "([\w-]+)[>=<]', (ROOT / "pyproject.toml").read_text(), re.M)
    assert len(needed) > 15 and {name.lower() for name in needed} <= pinned


def test_the_demo_installs_no_linter_no_tracker_and_no_test_tool():
    runtime = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.M)
    assert {"hydra-core", "scipy"} <= set(runtime)
    assert not {"ruff", "mypy", "pytest", "mlflow-skinny", "wandb", "mkdocs"} & set(runtime)


def pinned(*names):
    """The packages that the files pin, as an index writes them."""
    text = "".join((ROOT / name).read_text() for name in names)
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", text, re.M)}


def test_the_demo_has_all_that_its_packages_and_the_build_of_bam_need():
    installed = pinned("constraints.txt", ".ci/build.txt", ".ci/torch.txt")
    for name in pinned("constraints.txt", ".ci/build.txt"):
        if name == "colorama":  # for Windows
            continue
        needed = map(Requirement, importlib.metadata.requires(name) or [])
        met = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
        assert {canonicalize_name(r.name) for r in met} <= installed, name


def test_no_package_is_pinned_twice():
    files = [path for path in PINS if path.name not in ("audit.txt", "torch_cpu.txt")]
    names = [name for path in files for name in re.findall(r"^([\w.-]+)==", path.read_text(), re.M)]
    assert sorted(names) == sorted(set(names))


def test_both_builds_of_torch_are_of_one_version():
    cpu, cuda = ((ROOT / ".ci" / name).read_text() for name in ("torch_cpu.txt", "torch.txt"))
    assert re.findall(r"^torch==([\d.]+)", cpu, re.M) == re.findall(r"^torch==([\d.]+)", cuda, re.M)


@pytest.fixture
def audit(tmp_path):
    """Run .ci/audit with a program that reports this of the control, and fails on these pins."""

    def run(control, failing=""):
        (tmp_path / "control.json").write_text(json.dumps(control))
        program = tmp_path / "pip-audit"
        program.write_text(
            "#!/bin/bash\nfor word; do case $word in "
            f"*/control.txt) cat '{tmp_path}/control.json'; exit 1;; "
            f"{failing or 'nothing'}) exit 1;; esac; done\n"
        )
        program.chmod(0o755)
        command = [str(ROOT / ".ci" / "audit"), str(program)]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def test_an_audit_that_reports_the_control_and_nothing_else_passes(audit):
    done = audit(CONTROL)
    assert done.returncode == 0 and "constraints.txt" in done.stdout


@pytest.mark.parametrize("control", [{"dependencies": []}, {}])
def test_an_audit_that_does_not_report_the_control_fails(audit, control):
    done = audit(control)
    assert done.returncode == 1 and "error: the audit is blind" in done.stderr


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_an_audit_that_reports_a_pin_fails(audit, path):
    if path.name == "torch_cpu.txt":  # no database has local versions; torch.txt has its version
        return
    assert audit(CONTROL, str(path.relative_to(ROOT))).returncode != 0
