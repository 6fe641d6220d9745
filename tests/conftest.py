"""One thread, a fixed seed, and configs composed as a user composes them."""

from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from bam.experiment.folder import run_folder

torch.set_num_threads(1)  # tiny tensors: more threads only contend
ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
OmegaConf.register_new_resolver("run_folder", run_folder, replace=True)

SMALL = {"dim": 8, "num_interests": 3, "history_length": 5, "num_negatives": 12, "batch_size": 6}


def options(group):
    """Every option of a config group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@pytest.fixture(autouse=True)
def _fixed_seed():
    torch.manual_seed(0)


@pytest.fixture
def configured(tmp_path):
    """Compose a resolved config: configured("backbone=remi", "dim=8")."""

    def composed(*overrides, config="train"):
        with initialize_config_dir(str(CONF), version_base="1.3"):
            cfg = compose(config, [f"data_dir={tmp_path}/data", "device=cpu", *overrides])
        return OmegaConf.to_container(cfg, resolve=True)

    return composed


@pytest.fixture
def small(configured):
    """As configured, with small sizes where the choices leave them open."""

    def composed(*overrides):
        usual, chosen = configured(), configured(*overrides)
        sizes = [f"{k}={v}" for k, v in SMALL.items() if chosen[k] == usual[k]]
        return configured(*overrides, *sizes)

    return composed
