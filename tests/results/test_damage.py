"""A file of a run that is not as it was written is refused, or the state before it is used."""

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from bam.errors import Mistake
from bam.evaluation.outcome import Measurement
from bam.evaluation.users import write_users
from bam.results.user_values import user_values
from bam.run import checkpoint
from bam.run.files import read, write_json
from bam.system.checksums import recording
from tests.damage import DAMAGES, flips

VALUES = torch.linspace(0, 1, 40)
IDS = pl.DataFrame({"user": [f"user {n}" for n in range(40)]})


def modules(value):
    made = nn.ModuleDict({"model": nn.Linear(5, 4), "table": nn.Embedding(20, 3)})
    for parameter in made.parameters():
        nn.init.constant_(parameter, value)
    return made


def load_weights(path):
    loaded = modules(0.0)
    checkpoint.load(loaded, path)
    return [parameter.tolist() for parameter in loaded.parameters()]


def save_ranks(path):
    with recording(path) as unfinished, unfinished.open("wb") as file:
        np.save(file, np.arange(1, 31, dtype=np.int32)[:, None])


SAVE = {
    "weights.safetensors": lambda path: checkpoint.save(modules(0.5), path),
    "resume.pt": lambda path: checkpoint.save_state({"step": 3, "weight": VALUES}, path),
    "ranks.npy": save_ranks,
    "users.parquet": lambda path: write_users(path, IDS, [Measurement("mrr", VALUES, True)]),
    "results.json": lambda path: write_json(path, {"test": {"mrr": 0.5}, "seed": 1}),
}
LOAD = {
    "weights.safetensors": load_weights,
    "resume.pt": lambda path: str(checkpoint.load_state(path)),
    "ranks.npy": lambda path: user_values(path.parent, "mrr").tolist(),
    "users.parquet": lambda path: user_values(path.parent, "mrr").tolist(),
    "results.json": read,
}


@pytest.mark.parametrize("name", SAVE)
def test_one_flipped_bit_is_refused_or_changes_nothing(tmp_path, name):
    path = tmp_path / name
    SAVE[name](path)
    right, noticed = LOAD[name](path), 0
    for _ in flips(path, 50):
        with pytest.raises(Mistake, match="SHA-256"):
            LOAD[name](path)
    for _ in flips(tmp_path / "SHA256SUMS", 50):
        try:
            assert LOAD[name](path) == right
        except Mistake as mistake:
            assert "SHA256SUMS" in str(mistake)
            noticed += 1
    assert noticed > 20 and LOAD[name](path) == right


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", SAVE)
@pytest.mark.parametrize("has_checksums", [True, False])
def test_a_damaged_file_of_a_run_is_one_sentence(tmp_path, name, damage, has_checksums):
    path = tmp_path / name
    SAVE[name](path)
    damage(path)
    if not has_checksums:  # of a version without them
        (tmp_path / "SHA256SUMS").unlink()
    with pytest.raises(Mistake) as refused:
        LOAD[name](path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)
    assert any(word in str(refused.value) for word in ("delete", "restore"))


@pytest.mark.parametrize("damage", DAMAGES[:2])
@pytest.mark.parametrize("has_checksums", [True, False])
def test_the_state_before_a_damaged_one_is_used(tmp_path, caplog, damage, has_checksums):
    path = tmp_path / "resume.pt"
    for step in (1, 2, 3):
        checkpoint.save_state({"step": step}, path)
    damage(path)
    if not has_checksums:
        (tmp_path / "SHA256SUMS").unlink()
    assert checkpoint.load_state(path) == {"step": 2}
    assert f"{path} was damaged" in caplog.text and "the state before it is used" in caplog.text
    checkpoint.save_state({"step": 3}, path)
    assert checkpoint.load_state(path) == {"step": 3}


def test_a_state_that_was_being_replaced_is_the_one_before_it(tmp_path):
    path = tmp_path / "resume.pt"
    assert checkpoint.load_state(path) == {}
    for step in (1, 2):
        checkpoint.save_state({"step": step}, path)
    path.unlink()  # killed between the two moves
    assert checkpoint.load_state(path) == {"step": 1}


def test_where_both_states_are_damaged_training_ends_with_a_sentence(tmp_path):
    path = tmp_path / "resume.pt"
    for step in (1, 2):
        checkpoint.save_state({"step": step}, path)
    for each in (path, tmp_path / "resume.previous.pt"):
        each.write_bytes(b"x")
    with pytest.raises(Mistake, match=r"resume\.previous\.pt: damaged.*delete it to train from"):
        checkpoint.load_state(path)
