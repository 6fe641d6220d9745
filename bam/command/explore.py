"""Make a page that shows people's interests: bam explore run=outputs/RUN [against=outputs/RUN2]"""

from omegaconf import DictConfig

from bam.experiment.start import start


def main() -> None:
    start(_task, "explore", trains=False)


def _task(cfg: DictConfig) -> None:
    from bam.config.resolve import given_overrides, resolve
    from bam.experiment.answers.explore import explore

    print(explore(resolve(cfg), given_overrides()))
