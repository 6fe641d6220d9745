import pytest
import torch
from torch import nn

from bam.errors import Mistake
from bam.run import checkpoint
from bam.run.tensors import load_torch


def modules(width=3):
    return nn.ModuleDict({"model": nn.Linear(2, width)})


def test_what_was_saved_is_what_is_loaded(tmp_path):
    saved, loaded = modules(), modules()
    checkpoint.save(saved, tmp_path / "weights.safetensors")
    checkpoint.load(loaded, tmp_path / "weights.safetensors")
    assert torch.equal(saved["model"].weight, loaded["model"].weight)
    assert {path.name for path in tmp_path.iterdir()} == {"weights.safetensors", "SHA256SUMS"}


def test_tensors_of_another_shape_are_refused_with_both_sides(tmp_path):
    checkpoint.save(modules(3), tmp_path / "w")
    with pytest.raises(Mistake, match=r"model\.weight \[4, 2\] where .*model\.weight \[3, 2\]"):
        checkpoint.load(modules(4), tmp_path / "w")


def test_where_there_are_more_rows_the_saved_ones_come_first_and_the_others_stay(tmp_path):
    saved, grown = modules(3), modules(5)
    drawn = grown["model"].weight.detach().clone()
    checkpoint.save(saved, tmp_path / "w")
    checkpoint.load(grown, tmp_path / "w", growing="model.")
    assert torch.equal(grown["model"].weight[:3], saved["model"].weight)
    assert torch.equal(grown["model"].weight[3:], drawn[3:])
    assert torch.equal(grown["model"].bias[:3], saved["model"].bias)
    for growing in (None, "other."):
        with pytest.raises(Mistake, match=r"model\.weight \[5, 2\] where"):
            checkpoint.load(modules(5), tmp_path / "w", growing)
    with pytest.raises(Mistake, match=r"model\.weight \[2, 2\] where"):
        checkpoint.load(modules(2), tmp_path / "w", "model.")


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "w").write_bytes(b"not weights")
    with pytest.raises(Mistake, match="not a whole safetensors file"):
        checkpoint.load(modules(), tmp_path / "w")


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(Mistake, match="no such file"):
        checkpoint.load(modules(), tmp_path / "w")


def test_too_little_memory_is_no_damage(tmp_path, monkeypatch):
    torch.save({"a": torch.ones(2)}, tmp_path / "state.pt")
    (tmp_path / "text.pt").write_text("something else")
    with pytest.raises(Mistake, match="no state"):
        load_torch(tmp_path / "text.pt", "no state")

    def refused(*arguments, **options):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(torch, "load", refused)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        load_torch(tmp_path / "state.pt", "no state")
