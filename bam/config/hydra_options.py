"""Options of Hydra itself that a program here cannot keep: refused before a folder is made."""

from collections.abc import Sequence

from omegaconf import DictConfig

from bam.errors import require

LOGS = ("hydra/job_logging", "hydra/hydra_logging")


def check_hydra(config: DictConfig, options: Sequence[str], several: bool) -> None:
    """Refuse what would put files into a run's folder, or would move it; and a folder of no use.

    `options` are those that were typed; `several`: of a sweep.

    Raises:
        Mistake: names the option.
    """
    folder, chdir = config.hydra.output_subdir, config.hydra.job.chdir
    require(folder is None, "hydra.output_subdir must be null: a run writes its own config", folder)
    require(not chdir, "hydra.job.chdir must be false: data and runs lie below this folder", chdir)
    for group in LOGS:
        chosen = config.hydra.runtime.choices.get(group)
        require(chosen == "none", f"{group} must be none: a run writes its own log", chosen)
    typed = {text.partition("=")[0] for text in options}
    rule = "with -m the folder must be given as hydra.sweep.dir"
    require(not several or "hydra.run.dir" not in typed, rule, "hydra.run.dir")
    rule = "without -m the folder must be given as hydra.run.dir"
    require(several or "hydra.sweep.dir" not in typed, rule, "hydra.sweep.dir")
