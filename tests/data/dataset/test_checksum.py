"""A prepared data set is known by its content, and a damaged one is refused."""

import json
import shutil

import pytest

from bam.data.dataset.build import store
from bam.data.dataset.file import file
from bam.errors import Mistake
from tests.damage import DAMAGES, flips

LINES = "1 2\n1 3\n2 3\n2 1\n2 2\n"
TITLES = "item\ttitle\tgenres\n1\tInk\tOffice\n2\tPen\t\n"
FILES = ("items.npy", "offsets.npy", "users.tsv", "catalogue.tsv", "manifest.json", "SHA256SUMS")


@pytest.fixture
def read(tmp_path):
    def read(lines=LINES, titles=TITLES, stem="mine"):
        (tmp_path / f"{stem}.txt").write_text(lines)
        (tmp_path / f"{stem}.items.tsv").write_text(titles)
        return file(
            name="", cache=str(tmp_path / "files"), path=str(tmp_path / f"{stem}.txt"), titles=""
        )

    return read


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({}, True),
        ({"stem": "another"}, True),
        ({"titles": TITLES.replace("Ink", "Blue ink")}, True),
        ({"titles": TITLES.replace("Office", "Art")}, False),
        ({"lines": "2 3\n2 1\n2 2\n1 2\n1 3\n"}, True),  # users are numbered in order of their ids
        ({"lines": "1 3\n1 2\n2 3\n2 1\n2 2\n"}, False),
        ({"lines": "1 2\n1 3\n1 3\n2 1\n2 2\n"}, False),
    ],
)  # fmt: skip
def test_the_checksum_is_of_what_numbers_depend_on(read, change, is_same):
    assert (read().checksum == read(**change).checksum) == is_same


def test_times_and_the_number_of_items_count_too(tmp_path, read):
    first = read()
    assert store.checksum(first.folder, num_items=4) != first.checksum
    shutil.copy(first.folder / "items.npy", first.folder / "times.npy")
    assert store.checksum(first.folder, num_items=3) != first.checksum


def test_the_manifest_keeps_the_checksum_and_an_older_one_is_computed(read):
    data = read()
    manifest = json.loads((data.folder / "manifest.json").read_text())
    assert manifest["data"] == data.checksum
    del manifest["data"]
    (data.folder / "manifest.json").write_text(json.dumps(manifest))
    (data.folder / "SHA256SUMS").unlink()
    assert store.load("mine", str(data.folder)).checksum == data.checksum


def test_one_flipped_bit_in_any_file_is_refused_or_changes_nothing(read):
    data = read()
    content = [data.items.tolist(), data.offsets.tolist(), data.num_items, data.checksum]
    names = store.read_catalogue(data.folder)
    noticed = 0
    for name in FILES:
        for bit in flips(data.folder / name, 50):
            try:
                found = store.load("mine", str(data.folder))
            except Mistake as mistake:
                assert str(data.folder) in str(mistake) and "delete" in str(mistake)
                noticed += 1
                continue
            assert name == "SHA256SUMS", bit
            assert [found.items.tolist(), found.offsets.tolist(), found.num_items,
                    found.checksum] == content  # fmt: skip
            assert store.read_catalogue(found.folder).equals(names)
    assert noticed >= 50 * len(FILES[:-1])


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FILES[:-1])
def test_a_damaged_file_is_refused_in_one_sentence(read, damage, name):
    folder = read().folder
    damage(folder / name)
    with pytest.raises(Mistake, match="delete") as refused:
        store.load("mine", str(folder))
    assert str(refused.value).startswith(f"{folder / name}: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["items.npy", "offsets.npy", "manifest.json"])
def test_a_damaged_array_of_a_version_without_checksums_is_refused_too(read, damage, name):
    folder = read().folder
    damage(folder / name)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(Mistake, match=f"{folder}.*delete the folder"):
        store.load("mine", str(folder))


def test_a_file_that_is_missing_is_named(read):
    folder = read().folder
    (folder / "items.npy").unlink()
    with pytest.raises(Mistake, match=r"items\.npy: no such file; delete the folder"):
        store.load("mine", str(folder))
