"""A folder with runs of one data set, and the pages of these runs."""

from functools import cache
from types import SimpleNamespace

import pytest

from bam.config.compose import compose_with_hydra
from bam.config.resolve import resolve
from bam.experiment.answers.explore import explore
from tests.serving.explore.hostile import own_data, train, unnamed_data


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Two runs of the same data, with three interests and two, and one of data without names."""
    folder = tmp_path_factory.mktemp("explore")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        data = own_data(folder)
        train("soft", *data, "selection=p", "num_interests=3")
        train("hard", *data, "selection=hard", "num_interests=2", "history_length=4")
        train("unnamed", *unnamed_data(folder), "backbone=mind")
    return SimpleNamespace(folder=folder, data=data, soft=folder / "soft", hard=folder / "hard")


@pytest.fixture(scope="session")
def make(made):
    """The path of a page: make("run=soft", "n=3")."""

    @cache
    def page(*options):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(made.folder)
            given = [*options, "device=cpu", "threads=1"]
            path = explore(resolve(compose_with_hydra(given, "explore")), given).absolute()
            kept = made.folder / f"{len(list(made.folder.iterdir()))}-{path.name}"
            return path.rename(kept)

    return page
