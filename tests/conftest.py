"""One thread, a fixed seed, and configs composed as a user composes them."""

import copy
import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # before it is imported, and for all processes
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from hypothesis import HealthCheck, settings
from omegaconf import DictConfig, OmegaConf

from bam.config.extensions import installed_folders
from bam.config.hydra_version import BASE, register_resolver
from bam.config.naming import run_folder
from bam.config.options import read_values
from bam.config.target import PACKAGES

pytest.register_assert_rewrite("tests.contracts")
torch.set_num_threads(1)  # tiny tensors: more threads only contend
ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
DATA = "/DATA"  # so that all tests can share a composed config
register_resolver("run_folder", run_folder)
# the packages whose parts `make contracts` tests; bam's own are tested without it
TRUSTED = tuple(filter(None, os.environ.get("CONTRACTS_OF", "").split(",")))
PACKAGES.update({group: (*allowed, *TRUSTED) for group, allowed in PACKAGES.items()})

# How many random cases a property is tried on: --hypothesis-profile chooses another number
ANY_TIME = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=40, derandomize=True, **ANY_TIME)
settings.register_profile("many", max_examples=5000, database=None, **ANY_TIME)
settings.load_profile("quick")

SMALL = {"dim": 8, "num_interests": 3, "history_length": 5, "num_negatives": 12, "batch_size": 6}


def pytest_addoption(parser):
    parser.addoption("--store", action="store_true", help="store the figures of make baseline")
    parser.addoption(
        "--data-dir", default=str(ROOT / "data"), help="where make baseline has ml100k"
    )


def options(group):
    """Every option of a config group; with CONTRACTS_OF, those of other packages."""
    folders = installed_folders() if TRUSTED else [CONF]
    return sorted(path.stem for folder in folders for path in (folder / group).glob("*.yaml"))


def pytest_collection_modifyitems(config, items):
    """`make contracts` tests the contracts of the options of other packages alone."""
    if TRUSTED:
        names = {path.stem for folder in installed_folders() for path in folder.rglob("*.yaml")}
        kept = [
            item for item in items if names & _values(item) and "keeps_the_contract" in item.name
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _values(item):
    values = item.callspec.params.values() if hasattr(item, "callspec") else []
    return {value for value in values if isinstance(value, str)}


@pytest.fixture(autouse=True)
def _fixed_seed():
    torch.manual_seed(0)


@cache
def composed(config: str, overrides: tuple[str, ...]) -> DictConfig:
    """A config as a user composes it; it takes a fifth of a second, so tests share it."""
    with initialize_config_dir(str(CONF), **BASE):
        device = ["device=cpu"] if "device" in read_values(config) else []
        return compose(config, [f"data_dir={DATA}", *device, *overrides])


@cache
def resolved(config: str, overrides: tuple[str, ...], are_small: bool) -> Any:
    """Its values; if `are_small`, with small sizes where the choices leave the usual ones."""
    cfg, usual = copy.deepcopy(composed(config, overrides)), composed(config, ())
    if are_small:
        for key, size in SMALL.items():
            cfg[key] = size if cfg[key] == usual[key] else cfg[key]
    return OmegaConf.to_container(cfg, resolve=True)


def with_data_in(folder: Path, tree: Any) -> Any:
    """A copy of a resolved config, with its data in this folder."""
    if isinstance(tree, dict):
        return {key: with_data_in(folder, value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [with_data_in(folder, value) for value in tree]
    return tree.replace(DATA, str(folder)) if isinstance(tree, str) else tree


@pytest.fixture
def configured(tmp_path):
    """Compose a resolved config: configured("backbone=remi", "dim=8")."""

    def values(*overrides, config="train"):
        return with_data_in(tmp_path / "data", resolved(config, overrides, are_small=False))

    return values


@pytest.fixture
def small(tmp_path):
    """As configured, with small sizes where the choices leave them open."""

    def values(*overrides):
        return with_data_in(tmp_path / "data", resolved("train", overrides, are_small=True))

    return values
