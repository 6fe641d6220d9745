"""Every `bam bench` command of docs/performance/ composes."""

import re

import pytest

from bam.bench.plan import split
from bam.config.settings import settings
from tests.conftest import ROOT

PAGES = "".join(page.read_text() for page in (ROOT / "docs" / "performance").glob("*.md"))
FOUND = set(re.findall(r"`([a-z_]+=[^`]*)`", PAGES)) | set(
    re.findall(r"^bam bench (.*)$", PAGES, re.M)
)
COMMANDS = [c.split() for c in sorted(FOUND) if "FILE" not in c]


@pytest.mark.parametrize("overrides", COMMANDS, ids=" ".join)
def test_every_command_of_the_pages_composes(configured, overrides):
    devices = [override for override in overrides if override.startswith("device=")]
    others = [override for override in overrides if override not in devices]
    _, experiment = split(configured(*others, config="bench"))
    settings(experiment)
