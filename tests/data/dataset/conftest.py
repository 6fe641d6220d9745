"""Tiny raw sources."""

from pathlib import Path

import pytest
import torch

from tests.data.dataset.tiny_raw import ITEMS, RATINGS

torch.set_num_threads(1)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A folder as ml-100k.zip unpacks."""
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    (folder / "u.data").write_text("\n".join(RATINGS) + "\n")
    (folder / "u.item").write_text("\n".join(ITEMS) + "\n", encoding="latin-1")
    return folder
