"""A config is composed once, however the run of it is started."""

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl

from tests.experiment.planted import PLANTED, results

RUN = ("train.py", *PLANTED, "trainer.max_steps=0")


@pytest.fixture
def composed(monkeypatch):
    """The options of each config that Hydra composes."""
    found, load = [], ConfigLoaderImpl.load_configuration

    def counting(loader, config_name, overrides, *rest, **options):
        found.append(list(overrides))
        return load(loader, config_name, overrides, *rest, **options)

    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", counting)
    return found


def test_a_run_is_composed_once(start, composed):
    start(*RUN, "name=once")
    assert composed == [[*RUN[1:], "name=once"]]


def test_a_run_leaves_what_hydra_alone_would_leave(start, tmp_path):
    """With a flag, Hydra composes the config itself."""
    start(*RUN, "seed=3", "hydra.run.dir=ours")
    start(*RUN, "seed=3", "hydra.run.dir=hydras", "--run")
    ours, hydras = tmp_path / "ours", tmp_path / "hydras"
    assert {path.name for path in ours.iterdir()} == {path.name for path in hydras.iterdir()}
    for name in ("config.yaml", "overrides.yaml", "ranks.npy"):
        assert (ours / name).read_bytes() == (hydras / name).read_bytes()
    assert results(ours)["overrides"] == results(hydras)["overrides"]


def test_hydra_shows_what_it_composed_where_that_is_wanted(start):
    start(*RUN, "name=shown", "hydra.verbose=true", "hydra/hydra_logging=default")
