"""Test a finished run again."""

from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from bam import checkpoint
from bam.experiment.folder import CONFIG, WEIGHTS
from bam.experiment.parts import assemble
from bam.experiment.train import tested
from bam.mistake import Mistake

FREE = ("evaluation", "device", "threads")  # what may differ from the run that was trained


def evaluate(cfg: DictConfig) -> dict[str, Any]:
    """Metrics, balance and speed of the run's best weights on its test targets.

    Raises:
        Mistake: no such run, or an override of what the run has fixed.
    """
    folder = Path(cfg.run)
    if not (folder / CONFIG).is_file():
        raise Mistake(f"run must be the folder of a run, with a {CONFIG}, got {str(folder)!r}")
    saved: Any = OmegaConf.to_container(OmegaConf.load(folder / CONFIG))
    asked: Any = OmegaConf.to_container(cfg, resolve=True)
    for override in HydraConfig.get().overrides.task:
        key = override.lstrip("+~").partition("=")[0].partition(".")[0]
        if key not in (*FREE, "run"):
            raise Mistake(f"run={folder} fixes {key}; only {', '.join(FREE)} may differ")
        if key in FREE:
            saved[key] = asked[key]
    parts = assemble(saved)
    checkpoint.load(parts.weights, folder / WEIGHTS)
    _, results = tested(parts)
    return results
