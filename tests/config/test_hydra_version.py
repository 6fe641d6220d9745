"""Hydra 1.3 and 1.4 both start without a warning."""

import re

import pytest
from omegaconf import OmegaConf

from bam.config import hydra_version
from tests.conftest import ROOT


def test_only_one_module_knows_the_version_of_hydra():
    words = re.compile(r"version_base|register_new_resolver")
    files = [path for path in (ROOT / "bam").rglob("*.py") if words.search(path.read_text("utf-8"))]
    assert {path.name for path in files} == {"hydra_version.py"}


@pytest.mark.parametrize(
    ("is_1_3", "name"), [(True, "register_new_resolver"), (False, "register_resolver")]
)
def test_a_resolver_is_registered_under_the_name_of_the_version(monkeypatch, is_1_3, name):
    found = {}
    record = staticmethod(lambda key, call, **options: found.update({key: options}))
    monkeypatch.setattr(hydra_version, "IS_1_3", is_1_3)
    monkeypatch.setattr(OmegaConf, name, record, raising=False)
    hydra_version.register_resolver("x", str, use_cache=True)
    assert found == {"x": {"replace": True, "use_cache": True}}
