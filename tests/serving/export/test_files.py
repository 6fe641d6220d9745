"""The folder of an export is whole or not there."""

from pathlib import Path

import pytest

from bam.errors import Mistake
from bam.serving.export.files import MANIFEST, write_folder
from bam.system import exchange as module
from bam.system.checksums import read_sums


def fill(text):
    def write(folder):
        (folder / MANIFEST).write_text(text)
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text(text)

    return write


def content(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(params=[True, False], ids=["at once", "in two steps"])
def _system(request, monkeypatch):
    """A system that exchanges two folders in one step, and one that cannot."""
    if not request.param:
        monkeypatch.setattr(module, "_exchange_at_once", lambda one, other: False)


@pytest.mark.usefixtures("_system")
def test_a_new_export_takes_the_place_of_the_old_one(tmp_path):
    place = tmp_path / "export"
    for text in ("one", "other"):
        write_folder(place, fill(text))
        assert (place / MANIFEST).read_text() == text
    assert content(place) == {MANIFEST, "deep/file", "SHA256SUMS"}
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_an_export_that_cannot_be_moved_leaves_the_old_one(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_exchange_at_once", lambda one, other: False)
    write_folder(tmp_path / "export", fill("one"))
    with pytest.raises(OSError, match="No such file"):
        module.exchange(tmp_path / "none", tmp_path / "export")
    assert (tmp_path / "export" / MANIFEST).read_text() == "one"


def test_another_system_is_not_asked_for_linuxs_exchange(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: pytest.fail("Windows has no such library"))
    assert not module._exchange_at_once(Path("a"), Path("b"))


def test_every_file_has_a_checksum_at_any_depth(tmp_path):
    write_folder(tmp_path / "export", fill("one"))
    assert read_sums(tmp_path / "export").keys() == {MANIFEST, "deep/file"}


def test_what_a_killed_program_has_left_is_removed(tmp_path):
    left = tmp_path / ".export.unfinished"
    left.mkdir()
    (left / "half").touch()
    write_folder(tmp_path / "export", fill("one"))
    assert [path.name for path in tmp_path.iterdir()] == ["export"]
    assert "half" not in content(tmp_path / "export")


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    write_folder(tmp_path / "link", fill("one"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target" / MANIFEST).read_text() == "one"


def test_an_export_that_fails_leaves_the_old_one(tmp_path):
    place = tmp_path / "export"
    write_folder(place, fill("one"))

    def fail(folder):
        (folder / MANIFEST).touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_folder(place, fail)
    assert (place / MANIFEST).read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_file_and_a_folder_of_other_files_are_refused(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(Mistake, match="to must be a new folder, or an export"):
            write_folder(place, fill("one"))
