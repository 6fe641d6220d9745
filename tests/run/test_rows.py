"""The rows of each state are a file of its own."""

from bam.run.rows import remove_rows, rows_path, saved_steps
from bam.system.checksums import SUMS, recording


def test_only_the_rows_of_the_steps_that_are_kept_remain_with_their_checksums(tmp_path):
    for step in (1000, 900, 20):
        with recording(rows_path(tmp_path, step)) as unfinished:
            unfinished.touch()
    (tmp_path / "rows.of-others.safetensors").touch()
    assert saved_steps(tmp_path) == [20, 900, 1000]
    remove_rows(tmp_path, {900, 1000})
    assert saved_steps(tmp_path) == [900, 1000]
    assert rows_path(tmp_path, 20).name not in (tmp_path / SUMS).read_text()
