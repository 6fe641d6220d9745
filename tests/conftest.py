"""One thread, a fixed seed, and configs composed as a user composes them."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from bam.experiment.naming import run_folder

pytest.register_assert_rewrite("tests.contracts")
torch.set_num_threads(1)  # tiny tensors: more threads only contend
ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
DATA = "/DATA"  # so that all tests can share a composed config
OmegaConf.register_new_resolver("run_folder", run_folder, replace=True)

SMALL = {"dim": 8, "num_interests": 3, "history_length": 5, "num_negatives": 12, "batch_size": 6}


def options(group):
    """Every option of a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@pytest.fixture(autouse=True)
def _fixed_seed():
    torch.manual_seed(0)


@cache
def resolved(config: str, overrides: tuple[str, ...]) -> Any:
    """A config as a user composes it, resolved; composing takes a fifth of a second."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose(config, [f"data_dir={DATA}", "device=cpu", *overrides])
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

    def composed(*overrides, config="train"):
        return with_data_in(tmp_path / "data", resolved(config, overrides))

    return composed


@pytest.fixture
def small(configured):
    """As configured, with small sizes where the choices leave them open."""

    def composed(*overrides):
        usual, chosen = configured(), configured(*overrides)
        sizes = [f"{k}={v}" for k, v in SMALL.items() if chosen[k] == usual[k]]
        return configured(*overrides, *sizes)

    return composed
