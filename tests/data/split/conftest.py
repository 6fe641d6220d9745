from pathlib import Path

import pytest
import torch

from bam.records import Interactions


@pytest.fixture
def interactions():
    """Users of these lengths over items 1, 2, 3, ...; times and parts may be given."""

    def made(*lengths, times=(), part=()):
        offsets = torch.tensor([0, *lengths]).cumsum(0)
        items = torch.arange(1, int(offsets[-1]) + 1, dtype=torch.int32)
        times = torch.tensor(times, dtype=torch.int64)
        part = torch.tensor(part, dtype=torch.int8)
        return Interactions("tiny", Path(), items, offsets, times, part, len(items), "")

    return made
