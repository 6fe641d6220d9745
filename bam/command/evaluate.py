"""Test a finished run again: bam evaluate run=outputs/RUN [evaluation=published]"""

from omegaconf import DictConfig

from bam.experiment.start import start
from bam.system.strict_json import json_text


def main() -> None:
    start(_task, "evaluate", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.experiment.evaluate import evaluate

    print(json_text(evaluate(cfg), indent=2))
