"""Options of Hydra itself that a program here cannot keep: refused before a folder is made."""

from collections.abc import Sequence

from omegaconf import DictConfig

from bam.errors import require

LOG = "hydra/job_logging"


def check_hydra(config: DictConfig, options: Sequence[str], several: bool) -> None:
    """Refuse what would put files into a run's folder, or would move it; and a folder of no use.

    `options` are those that were typed; `several`: of a sweep.

    Raises:
        Mistake: names the option.
    """
    folder, chdir = config.hydra.output_subdir, config.hydra.job.chdir
    require(folder is None, "hydra.output_subdir must be null: a run writes its own config", folder)
    require(not chdir, "hydra.job.chdir must be false: data and runs lie below this folder", chdir)
    chosen = config.hydra.runtime.choices.get(LOG)
    require(chosen == "none", f"{LOG} must be none: a run writes its own log", chosen)
    typed = {text.partition("=")[0] for text in options}
    used, unused = ("hydra.sweep.dir", "hydra.run.dir")[:: 1 if several else -1]
    rule = f"the folder of {'a sweep' if several else 'one run'} must be given as {used}"
    require(unused not in typed or used in typed, rule, unused)
