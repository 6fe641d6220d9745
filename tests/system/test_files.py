"""Files that are whole or not there."""

import os

from bam.system.files import partial, replacing, write_text


def test_what_replaces_a_file_is_on_the_disk_before(tmp_path, monkeypatch):
    path, done = tmp_path / "results.json", []
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", lambda _: done.append(path.read_text()))
    write_text(path, "new")
    assert done == ["old"] and path.read_text() == "new"


def test_files_of_one_name_and_several_endings_are_written_apart(tmp_path):
    names = ("results.md", "results.tex", "results.csv")
    assert len({partial(tmp_path / name) for name in names}) == 3
    with replacing(tmp_path / names[0]) as one, replacing(tmp_path / names[1]) as other:
        one.write_text("one")
        other.write_text("other")
    assert (tmp_path / names[0]).read_text() == "one"
