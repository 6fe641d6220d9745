"""Every number of conf: a value either works, or is refused by its path before anything is made."""

import copy
import math
from dataclasses import replace
from functools import partial

import pytest
import torch
import yaml
from torch import nn

from bam.config.instantiate import component, components
from bam.config.settings import GROUPS, settings
from bam.data.dataset.planted import planted
from bam.errors import Mistake
from bam.experiment.parts.sizes import check_memory, check_model, check_sizes
from tests.conftest import CONF, options
from tests.contracts import table as contract
from tests.test_conf import MIRRORED, SERVING

WRONG = (math.nan, math.inf, -1, 0, "abc", 10**30)
CPU = torch.device("cpu")


def numbers(tree, path=()):
    """The path of each number."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from numbers(value, (*path, key))
    elif isinstance(tree, int | float) and not isinstance(tree, bool):
        yield path


def changed(config, path, value):
    config = copy.deepcopy(config)
    node = config
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return config


def attempt(config, group, folder):
    check_sizes(config, settings(config))
    given = {"metrics": {}} if group == "evaluation" else {}
    if group in GROUPS:
        components(config[group], group)
    elif group == "memory":
        training = torch.tensor([0, 0, 0, 1, 1]), torch.tensor([1, 2, 3, 3, 2])
        memory = component(config[group], group, num_items=3, training=lambda: training)
        memory(torch.tensor([[1, 3, 0], [2, 0, 0]]))
    elif group == "blending":
        component(config[group], group, num_items=3)
    elif group == "table":
        contract.made(partial(component, config[group], group), folder)
    elif group != "negatives":  # they are given the data, too
        component(config[group], group, **given)


@pytest.mark.parametrize("group", [group for group in MIRRORED if group != "tracker"])
def test_a_number_works_or_is_refused_by_its_path(small, tmp_path, group):
    tried = set()
    for name in options(group):
        several = group in ("metric", "regularisation")
        more = ["backbone=transformer"] if group == "readout" else []
        more += ["num_interests=1"] if name == "state" else []
        more += ["backbone=comirec_sa"] if group == "regularisation" else []
        config = small(*more, f"{group}=[{name}]" if several else f"{group}={name}")
        for path in numbers({group: config[group]}):
            if (config[group].get("_target_"), path) in tried:
                continue
            tried.add((config[group].get("_target_"), path))
            for value in WRONG:
                try:
                    attempt(changed(config, path, value), group, tmp_path)
                except Mistake as mistake:
                    # of a mapping of numbers, its own path
                    assert str(mistake).startswith((".".join(path), ".".join(path[:-1]))), mistake


@pytest.mark.parametrize("group", SERVING)
def test_a_number_of_serving_works_or_is_refused_by_its_path(group):
    for name in options(group):
        config = {group: yaml.safe_load((CONF / group / f"{name}.yaml").read_text())}
        for path in numbers(config):
            for value in WRONG:
                try:
                    component(changed(config, path, value)[group], group)
                except Mistake as mistake:
                    assert str(mistake).startswith(".".join(path)), mistake


def test_a_size_that_would_fill_memory_names_the_options_that_lower_it(small, tmp_path):
    shared = settings(small())
    data = planted(name="p", cache=str(tmp_path), num_users=10, num_items=8, num_clusters=2,
                   clusters_per_user=1, length=4, hours=0, seed=1)  # fmt: skip
    check_memory(data, shared, CPU, 9)
    check_memory(data, replace(shared, batch_size=10**9), CPU, 9)  # no larger than the data
    with pytest.raises(Mistake, match=r"^dim must be smaller: the table of 8 items .* GiB"):
        check_memory(data, replace(shared, dim=10**12), CPU, 9)
    with pytest.raises(Mistake, match=r"^num_negatives, dim or batch_size must be smaller"):
        check_memory(data, replace(shared, num_negatives=10**12), CPU, 9)


def test_a_model_must_fit_with_its_gradients_and_moments():
    model = nn.Linear(2, 2)
    check_model(model, True, False, CPU)
    huge = nn.Linear(2**20, 2**20, bias=False, device="meta")  # 4 TiB
    with pytest.raises(Mistake, match=r"^dim must be smaller: the model with its gradients"):
        check_model(huge, True, True, CPU)
