"""What `pip install bam-rec` brings: the package, conf and the plugins; and nothing else."""

import re
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.metadata import Metadata

from bam.errors import DISTRIBUTION
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()
MEGABYTE = 2**20


def build(source: Path, to: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(to)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with the sdist and the wheel of this tree; no network is used."""
    to = tmp_path_factory.mktemp("dist")
    build(ROOT, to)
    return to


@pytest.fixture
def wheel(built):
    with ZipFile(next(built.glob("*.whl"))) as opened:
        yield opened


@pytest.fixture
def sdist(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as opened:
        yield opened


def tracked(*folders):
    """The files of the tree that git would keep, without caches."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return {path for path in paths if path.is_file() and "__pycache__" not in path.parts}


def test_the_wheel_has_the_package_its_configs_and_its_plugins(wheel):
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    plugins = ROOT / "bam" / "plugins"
    package = {path for path in tracked("bam") if plugins not in path.parents}
    assert files == {
        *(path.relative_to(ROOT).as_posix() for path in package),
        *(path.relative_to(plugins).as_posix() for path in tracked("bam/plugins")),
        *(f"bam/{path.relative_to(ROOT).as_posix()}" for path in tracked("conf")),
    }


def test_neither_file_has_data_weights_or_tests_and_both_are_small(built, wheel, sdist):
    names = [*wheel.namelist(), *sdist.getnames()]
    assert not [n for n in names if re.search(r"safetensors|outputs/|tests/|\.venv|\.inter$", n)]
    assert all(path.stat().st_size < MEGABYTE for path in built.iterdir())


def test_a_wheel_that_is_built_from_the_sdist_is_the_same(built, sdist, tmp_path):
    sdist.extractall(tmp_path, filter="data")
    [source] = tmp_path.iterdir()
    build(source, tmp_path / "again")
    [one], [other] = (folder.glob("*.whl") for folder in (built, tmp_path / "again"))
    assert one.read_bytes() == other.read_bytes()


def metadata(wheel):
    [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    return wheel.read(name)


def test_an_index_accepts_the_metadata(wheel):
    text = metadata(wheel)
    known = re.sub(rb"(?m)\AMetadata-Version: .*$", b"Metadata-Version: 2.4", text)
    found = Metadata.from_email(known, validate=True)
    assert found.name == DISTRIBUTION == PROJECT["name"]
    assert found.description_content_type == "text/markdown"


def test_the_page_of_an_index_has_no_link_into_the_repository(wheel):
    page = message_from_bytes(metadata(wheel)).get_payload()
    assert "# bam" in page
    assert not re.findall(r"\]\((?!https:)|<img|<picture|src=", page)


def test_the_wheel_has_the_command_bam(wheel):
    [name] = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    assert "bam = bam.__main__:main" in wheel.read(name).decode()


def test_the_citation_has_the_version_and_the_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])


def test_the_workflow_calls_commands_that_exist_and_actions_of_one_version():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert all(re.search(r"@v\d+\.\d+\.\d+$", step["uses"]) for step in steps if "uses" in step)
    assert {"run": ".ci/run"} in steps and (ROOT / ".ci" / "run").is_file()
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    commands = {Path(hook["entry"].split()[0]).name for hook in hooks}
    assert commands == set(re.findall(r"\$\(BIN\)/(ruff|mypy|lint-imports)", MAKEFILE))


def test_every_extra_that_is_named_exists():
    folders = [*tracked("bam", "conf", "docs"), *ROOT.glob("*.md")]
    texts = [path.read_text("utf-8") for path in folders if path.suffix in (".py", ".yaml", ".md")]
    named = {extra for text in texts for extra in re.findall(r"install '[\w-]+\[(\w+)\]", text)}
    assert {"report", "optuna", "ray"} <= named <= set(PROJECT["optional-dependencies"])
    assert not [text for text in texts if re.search(r"install '(?!bam-rec)[\w-]+\[", text)]


def test_the_extra_for_development_names_this_package():
    extras = PROJECT["optional-dependencies"]
    assert re.fullmatch(rf"{DISTRIBUTION}\[[\w,]+\]", extras["dev"][0])
