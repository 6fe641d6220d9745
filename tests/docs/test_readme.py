"""What README shows works."""

import re

import torch

from bam.experiment.instantiate import build
from tests.conftest import ROOT, options

README = (ROOT / "README.md").read_text()


def test_the_backbone_of_the_readme_keeps_the_contract():
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    made: dict = {}
    exec(code, made)
    real = torch.tensor([[True, True, False], [True, False, False]])
    items = torch.randn(2, 3, 4)
    found = made["Fading"](num_interests=2)(items, real)
    assert found.vectors.shape == (2, 2, 4)
    torch.testing.assert_close(found.vectors[1], items[1, :1].expand(2, -1))


def test_every_option_that_the_readme_lists_exists(configured):
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", README, flags=re.MULTILINE)
    assert len(rows) >= 12
    for group, listed in rows:
        named = set(re.findall(r"`([\w\[\]]+)`", listed))
        for option in named:
            assert build(configured(f"{group}={option}")["seed"], "seed") == 2021
        if group != "regularisation":
            assert named == set(options(group))
