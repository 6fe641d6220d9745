"""python scripts/evaluate.py run=outputs/RUN [evaluation=published]"""

import json

from omegaconf import DictConfig

from bam.experiment.evaluate import evaluate
from bam.experiment.start import start


def main(cfg: DictConfig) -> None:
    print(json.dumps(evaluate(cfg), indent=2))


if __name__ == "__main__":
    start(main, "evaluate")
