"""python scripts/evaluate.py run=outputs/RUN [evaluation=published]"""

from bam.system.stop import end_on_stop

with end_on_stop():  # also while the libraries are read
    from omegaconf import DictConfig

    from bam.experiment.evaluate import evaluate
    from bam.experiment.start import start
    from bam.system.strict_json import json_text


def main(cfg: DictConfig) -> None:
    print(json_text(evaluate(cfg), indent=2))


if __name__ == "__main__":
    start(main, "evaluate")
