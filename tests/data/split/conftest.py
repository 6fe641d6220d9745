from pathlib import Path

import pytest
import torch

from bam.records import Interactions


@pytest.fixture
def interactions():
    """Users of these lengths over items 1, 2, 3, ...; times may be given."""

    def made(*lengths, times=()):
        offsets = torch.tensor([0, *lengths]).cumsum(0)
        items = torch.arange(1, int(offsets[-1]) + 1, dtype=torch.int32)
        times = torch.tensor(times, dtype=torch.int64)
        return Interactions("tiny", Path(), items, offsets, times, len(items), "")

    return made
