"""A file is as it was written, or it is refused."""

from pathlib import Path

import pytest

from bam.errors import Mistake
from bam.system.checksums import (
    SUMS,
    move,
    read_sums,
    record_folder,
    recording,
    remove,
    sha256,
    verify,
    verify_folder,
)
from tests.damage import DAMAGES


def write(path, text):
    with recording(path) as unfinished:
        unfinished.write_text(text)


def test_the_checksums_are_those_that_sha256sum_reads(tmp_path):
    write(tmp_path / "a.txt", "one")
    write(tmp_path / "b.txt", "two")
    write(tmp_path / "a.txt", "three")
    expected = {f"{sha256(tmp_path / name)}  {name}\n" for name in ("a.txt", "b.txt")}
    assert set((tmp_path / "SHA256SUMS").read_text().splitlines(keepends=True)) == expected
    verify_folder(tmp_path, "write it again")


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_with_the_remedy(tmp_path, damage):
    path = tmp_path / "a.txt"
    write(path, "one")
    damage(path)
    with pytest.raises(Mistake, match=rf"^{path}: .*; write it again$"):
        verify(path, "write it again")


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_at_any_depth(tmp_path, damage):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.txt").write_text("hello")
    record_folder(tmp_path)
    damage(tmp_path / "a" / "b" / "c.txt")
    with pytest.raises(Mistake, match=r"a/b/c.txt: .*; write it again"):
        verify_folder(tmp_path, "write it again")


def test_a_file_without_a_checksum_is_accepted(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    verify(tmp_path / "a.txt", "write it again")
    write(tmp_path / "b.txt", "two")
    verify(tmp_path / "a.txt", "write it again")


@pytest.mark.parametrize("killed_at", range(6))
@pytest.mark.parametrize("moves", [False, True])
def test_a_kill_between_two_steps_leaves_no_damage(tmp_path, monkeypatch, killed_at, moves):
    """The old file or the new one is there, and its checksum is right."""
    path, previous, steps = tmp_path / "a.txt", tmp_path / "previous.txt", []
    for text in ("zero", "one"):
        write(path, text)
        move(path, previous) if text == "zero" else None
    replace = Path.replace

    def interrupted(self, target):
        steps.append(target)
        if len(steps) > killed_at:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", interrupted)
        with recording(path) as unfinished:
            unfinished.write_text("two")
            if moves:
                move(path, previous)
        raise KeyboardInterrupt  # all steps were made
    found = [each for each in (path, previous) if each.exists()]
    for each in found:
        verify(each, "write it again")
    assert {each.read_text() for each in found} & {"one", "two"}


def test_a_moved_file_keeps_its_checksum_and_a_deleted_one_leaves_none(tmp_path):
    write(tmp_path / "a.txt", "one")
    sums = read_sums(tmp_path)
    move(tmp_path / "a.txt", tmp_path / "b.txt")
    assert read_sums(tmp_path)["b.txt"] == sums["a.txt"]
    remove(tmp_path / "b.txt")
    assert read_sums(tmp_path) == {} and not (tmp_path / "b.txt").exists()


def test_a_moved_file_without_a_checksum_is_not_compared_with_another_ones(tmp_path):
    write(tmp_path / "b.txt", "two")
    (tmp_path / "a.txt").write_text("one")
    move(tmp_path / "a.txt", tmp_path / "b.txt")
    verify(tmp_path / "b.txt", "write it again")


@pytest.mark.parametrize("text", ["x\n", f"{'0' * 64}  a.txt", f"{'0' * 64}  ../a.txt\n"])
def test_checksums_that_are_damaged_are_named(tmp_path, text):
    (tmp_path / "a.txt").write_text("one")
    record_folder(tmp_path)
    (tmp_path / "SHA256SUMS").write_text(text)
    with pytest.raises(Mistake, match=r"SHA256SUMS:1: must be a SHA-256, two spaces and a name"):
        verify(tmp_path / "a.txt", "write it again")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../outside"])
def test_no_checksum_is_of_a_file_outside_of_the_folder(tmp_path, name):
    (tmp_path / SUMS).write_text(f"{'0' * 64}  {name}\n")
    with pytest.raises(Mistake, match="must be a SHA-256, two spaces and a name"):
        read_sums(tmp_path)
