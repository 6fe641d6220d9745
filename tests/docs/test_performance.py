"""What docs/performance.md tells to type composes."""

import re

import pytest

from bam.bench.plan import split
from bam.experiment.settings import settings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "performance.md").read_text()
COMMANDS = [c.split() for c in re.findall(r"`([a-z_]+=[^`]*)`", PAGE) if "FILE" not in c]


@pytest.mark.parametrize("overrides", COMMANDS, ids=" ".join)
def test_every_command_of_the_page_composes(configured, overrides):
    devices = [override for override in overrides if override.startswith("device=")]
    others = [override for override in overrides if override not in devices]
    _, experiment = split(configured(*others, config="bench"))
    settings(experiment)
