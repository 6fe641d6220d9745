"""A point's config is the one that Hydra alone composes, though points share what is composed."""

import pickle

import pytest
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import OmegaConf

from bam.config import points
from bam.config.checked import compose_checked
from bam.config.hydra_version import BASE
from bam.config.points import PointLoader
from tests.conftest import CONF

OF_HYDRA = ["hydra.sweep.dir=here", "hydra.mode=MULTIRUN"]


@pytest.fixture
def hydra_loader():
    with initialize_config_dir(str(CONF), job_name="train", **BASE):
        yield GlobalHydra.instance().config_loader()


@pytest.fixture
def sweep(hydra_loader):
    return hydra_loader.load_configuration("train", ["seed=1,2", *OF_HYDRA], RunMode.MULTIRUN)


@pytest.fixture
def counted(monkeypatch):
    """The options of each config that Hydra composes."""
    found, load = [], ConfigLoaderImpl.load_configuration

    def counting(loader, config_name, overrides, *rest, **options):
        found.append(list(overrides))
        return load(loader, config_name, overrides, *rest, **options)

    monkeypatch.setattr(ConfigLoaderImpl, "load_configuration", counting)
    return found


def text(config):
    return OmegaConf.to_yaml(config)


@pytest.mark.parametrize(
    "options",
    [
        ["seed=2"],
        ["seed=2", "backbone=mind", "dim=32"],
        ["backbone=mind", "seed=2", "backbone.rounds=2", "name='a, b'"],
        ["regularisation=[routing,load_balance]", "regularisation.routing.weight=.5"],
        ["experiment=comirec_sa", "selection=hard", "trainer.max_steps=3", "seed=7"],
        ["trainer={max_steps:3,patience:2}", "seed=1"],
        ["seed=1", "seed=2"],
        ["+trainer.extra=3", "seed=2"],  # what is added depends on its place
        ["seed=2", "~trainer.patience"],
        ["seed=2", "hydra.job.config.override_dirname.item_sep=-"],
    ],
)
def test_a_point_is_what_hydra_composes(hydra_loader, sweep, options):
    loader = PointLoader(hydra_loader)
    loader.load_sweep_config(sweep, ["seed=9", "dim=16"])
    for _ in range(2):  # the second time from what is kept
        found = loader.load_sweep_config(sweep, options)
        assert text(found) == text(hydra_loader.load_sweep_config(sweep, options))
        with pytest.raises(Exception, match="not_there"):
            found.not_there = 1


def test_points_that_differ_in_values_are_composed_once(hydra_loader, sweep, counted):
    loader = PointLoader(hydra_loader)
    for seed in range(3):
        for backbone in ("mind", "remi"):
            point = loader.load_sweep_config(sweep, [f"seed={seed}", f"backbone={backbone}"])
            assert (point.seed, point.hydra.runtime.choices.backbone) == (seed, backbone)
    assert [options[-1] for options in counted] == ["backbone=mind", "backbone=remi"]


def test_few_configs_are_kept(hydra_loader, sweep, monkeypatch):
    monkeypatch.setattr(points, "MOST", 1)
    loader = PointLoader(hydra_loader)
    for backbone in ("mind", "remi", "mind"):
        loader.load_sweep_config(sweep, [f"backbone={backbone}"])
        assert list(loader.composed) == [(f"backbone={backbone}",)]


@pytest.mark.parametrize(
    ("option", "sentence"),
    [("sead=2", "Could not override 'sead'"), ("+seed=2", "Could not append")],
)
def test_what_hydra_refuses_is_refused_in_its_words(hydra_loader, sweep, option, sentence):
    with pytest.raises(HydraException, match=sentence):
        PointLoader(hydra_loader).load_sweep_config(sweep, [option])


def test_a_worker_gets_no_composed_configs(hydra_loader, sweep):
    loader = PointLoader(hydra_loader)
    loader.load_sweep_config(sweep, ["seed=2"])
    copied = pickle.loads(pickle.dumps(loader))
    assert not copied.composed and loader.composed
    assert text(copied.load_sweep_config(sweep, ["seed=3"])) == text(
        loader.load_sweep_config(sweep, ["seed=3"])
    )


def test_an_experiment_that_sweeps_over_experiments_is_the_experiment_of_no_point(hydra_loader):
    typed = ["experiment=board", "dataset=ml1m", "hydra.mode=MULTIRUN"]
    sweep = PointLoader(hydra_loader).load_configuration("train", typed, RunMode.MULTIRUN)
    assert list(sweep.hydra.overrides.task) == ["dataset=ml1m"]
    params = sweep.hydra.sweeper.params
    assert params.seed == "2021,2022,2023" and "comirec_sa,comirec_sa_k1," in params.experiment


def test_another_sweep_is_the_experiment_of_its_points(hydra_loader):
    typed = ["experiment=tau_linear_size", "hydra.mode=MULTIRUN"]
    sweep = PointLoader(hydra_loader).load_configuration("train", typed, RunMode.MULTIRUN)
    assert list(sweep.hydra.overrides.task) == ["experiment=tau_linear_size"]


def test_the_values_of_a_sweep_over_experiments_are_checked_before_it_starts():
    configs = compose_checked("train", ["experiment=board", "dataset=planted"], several=True)
    chosen = [config.hydra.runtime.choices.experiment for config in configs]
    assert len(chosen) > 25 and "board" not in chosen and {c.seed for c in configs} > {2022, 2023}
