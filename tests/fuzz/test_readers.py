"""A file that was changed at random is read, or refused with one sentence: nothing else, no hang.

`make fuzz` tries thousands of changes of each file.
"""

import faulthandler
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bam.errors import Mistake
from tests.fuzz.changes import CHANGE, change
from tests.fuzz.folders import OTHER, PREPARED, RUN
from tests.fuzz.own import OWN, PACKED
from tests.fuzz.published import PUBLISHED

READERS = {**OWN, **PACKED, **PUBLISHED, **RUN, **PREPARED, **OTHER}
LONGEST = 60  # seconds for one file; afterwards the traceback is shown and the program ends


@pytest.mark.parametrize("name", READERS)
def test_the_file_is_read_as_it_is(name, tmp_path):
    read(READERS[name], READERS[name].files, tmp_path)


@pytest.mark.parametrize("name", READERS)
def test_a_changed_file_is_read_or_refused_with_one_sentence(name):
    reader, seen = READERS[name], Counter()

    @given(
        st.sampled_from(reader.changed or tuple(reader.files)),
        st.lists(CHANGE, min_size=1, max_size=4),
    )
    def check(file, changes):
        files = {**reader.files, file: change(reader.files[file], changes)}
        with TemporaryDirectory() as folder:
            try:
                read(reader, files, Path(folder))
            except Mistake as mistake:
                assert str(mistake) and "\n" not in str(mistake)
                seen["refused"] += 1
            else:
                seen["read"] += 1

    check()
    print(f"{name}: {seen['read']:,} read, {seen['refused']:,} refused")


def read(reader, files, folder):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    try:
        reader.read(folder)
    finally:
        faulthandler.cancel_dump_traceback_later()
