"""Preparing goes on where it was stopped, and uses nothing that is damaged or foreign."""

import json
import os
import shutil
from collections import Counter

import pytest

from bam.data.dataset.build import filters, rows, steps, store
from bam.data.dataset.build.once import steps_of
from bam.errors import Mistake
from tests.damage import DAMAGES, flips
from tests.data.dataset.own_table import TIMED, prepare, write
from tests.data.dataset.tiny_raw import no_filters

LINES = [f"u{n % 7},i{n % 5},{100 - n}" for n in range(40)]
CSV = "\n".join(["user,item,time", *LINES]) + "\n"
WORK = {  # what each step calls once
    "read": (steps, "encode"),
    "choose": (filters.Filters, "choose"),
    "sort": (steps, "store_by_user"),
    "write": (store, "write"),
}


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "ROWS", 25)
    return write(tmp_path / "raw" / "my.csv", CSV)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "mine"


@pytest.fixture
def calls(monkeypatch):
    """How often each step is done."""
    counted: Counter[str] = Counter()

    def count(name, work):
        def counting(*arguments, **options):
            counted[name] += 1
            return work(*arguments, **options)

        return counting

    for name, (owner, attribute) in WORK.items():
        monkeypatch.setattr(owner, attribute, count(name, getattr(owner, attribute)))
    return counted


def build(source, folder, **changed):
    options = no_filters(duplicates="last", user_core=2)
    return prepare(source, TIMED, folder=str(folder), **{"filters": options, **changed})


def stop_in(step, source, folder):
    """Prepare until the step is at work."""
    owner, attribute = WORK[step]
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(owner, attribute, stopped)
        build(source, folder)


def stopped(*_arguments, **_options):
    raise KeyboardInterrupt


def content(data):
    return {path.name: path.read_bytes() for path in data.folder.iterdir()}


@pytest.fixture
def whole(source, tmp_path):
    """The files of an unbroken preparation."""
    return content(build(source, tmp_path / "whole" / "mine"))


@pytest.mark.parametrize("step", WORK)
def test_a_step_that_is_done_is_not_done_again(step, source, folder, whole, calls):
    stop_in(step, source, folder)
    calls.clear()
    assert content(build(source, folder)) == whole
    order = list(WORK)
    assert calls == dict.fromkeys(order[order.index(step) :], 1)
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]


@pytest.mark.parametrize("damage", [*DAMAGES, lambda path: next(flips(path, 1))])
@pytest.mark.parametrize(("step", "done"), [("sort", {"read", "choose"}), ("write", {"sort"})])
def test_a_damaged_step_is_done_again(step, done, damage, source, folder, whole, tmp_path):
    stop_in(step, source, folder)
    shutil.copytree(steps_of(folder), tmp_path / "steps")
    files = [path.relative_to(steps_of(folder)) for path in _files(steps_of(folder))]
    files = [path for path in files if not path.parts[0].startswith(".")]  # such as locks
    assert {path.parts[0] for path in files} == done  # the steps that are still needed
    for file in files:
        shutil.copytree(tmp_path / "steps", steps_of(folder), dirs_exist_ok=True)
        damage(steps_of(folder) / file)
        assert content(build(source, folder)) == whole, file
        shutil.rmtree(folder)


def _files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_file_that_no_step_wrote_makes_the_step_done_again(source, folder, whole):
    stop_in("write", source, folder)
    shutil.copytree(steps_of(folder) / "sort/rows/000000000", steps_of(folder) / "sort/rows/9")
    assert content(build(source, folder)) == whole
    shutil.rmtree(folder)
    stop_in("write", source, folder)
    (steps_of(folder) / "sort" / "SHA256SUMS").unlink()
    assert content(build(source, folder)) == whole


@pytest.mark.parametrize("change", ["other filters", "another file", "a newer file"])
def test_steps_of_other_options_or_files_are_not_used(change, source, folder, calls):
    stop_in("write", source, folder)
    calls.clear()
    changed = {"filters": no_filters()} if change == "other filters" else {}
    if change == "another file":
        source = write(source.with_name("other.csv"), CSV.replace("u1", "u9"))
        os.utime(source, ns=(0, (source.parent / "my.csv").stat().st_mtime_ns))
    if change == "a newer file":
        write(source, CSV.replace("u1", "u9"))
        os.utime(source, ns=(0, source.stat().st_mtime_ns + 1))
    found = build(source, folder, **changed)
    assert calls["read"] == 1
    expected = build(source, folder.with_name("expected"), **changed)
    assert found.checksum == expected.checksum
    assert not steps_of(folder).exists()


def test_a_mistake_leaves_no_step(source, folder):
    with pytest.raises(Mistake, match="must leave an interaction"):
        build(source, folder, filters=no_filters(user_core=99))
    assert not steps_of(folder).exists()


def test_steps_that_a_kill_has_left_beside_the_data_are_deleted(source, folder):
    build(source, folder)
    (steps_of(folder) / "sort").mkdir(parents=True)
    build(source, folder)
    assert not steps_of(folder).exists()


def test_the_log_names_what_was_done_before(source, folder, caplog):
    stop_in("write", source, folder)
    caplog.set_level("INFO")
    build(source, folder)
    assert "the step sort was done before" in caplog.text


def test_steps_are_known_by_what_they_were_made_from(source, folder):
    stop_in("sort", source, folder)
    manifest = json.loads((steps_of(folder) / "choose" / "manifest.json").read_text())
    assert manifest["filters"]["duplicates"] == "last"
    assert manifest["parts"] == [[str(source), "", len(CSV), source.stat().st_mtime_ns]]
