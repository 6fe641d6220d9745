"""What the disk or the memory refuses, as a sentence."""

import errno
import os

import numpy as np
import pytest
import torch
from torch import distributed

from bam.errors import Mistake
from bam.system.failure import REASONS, LostProcess, explain, lowered_by
from bam.system.files import naming, replacing, write_text


@pytest.mark.parametrize("number", REASONS)
def test_every_number_of_the_system_is_a_sentence_with_the_path_and_what_to_do(number):
    sentence = str(explain(OSError(number, os.strerror(number), "/a/b")))
    assert sentence.startswith("/a/b: ") or number == errno.ENAMETOOLONG
    assert ";" in sentence and "Errno" not in sentence


def test_another_number_keeps_the_words_of_the_system():
    assert str(explain(OSError(errno.ENODEV, "No such device", "/a"))) == "/a: No such device"


def test_of_a_move_the_sentence_names_where_it_leads():
    error = OSError(errno.EISDIR, "", "/a.partial", None, "/a")
    assert str(explain(error)).startswith("/a: must be a file")


def test_an_error_of_the_program_has_no_sentence():
    assert explain(KeyError("x")) is None and explain(RuntimeError("x")) is None


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(
            "[/b/third_party/gloo/gloo/transport/tcp/pair.cc:9] Connection closed by peer"
        ),
        distributed.DistBackendError("NCCL error"),
        distributed.DistNetworkError("The client socket has timed out after 60000ms"),
    ],
)
def test_a_process_that_is_lost_is_told_from_an_error_of_the_program(error):
    assert isinstance(explain(error), LostProcess) and "`timeout`" in str(explain(error))


def test_a_lack_of_memory_names_the_options_that_lower_it():
    for allocate in (
        lambda: torch.empty(2**50),
        lambda: torch.empty(2**62, 2**10),
        lambda: np.empty(2**50),
        lambda: np.empty((2**62, 2**10)),
    ):
        rule = r"^dim or x must be smaller: memory is not enough"
        with pytest.raises(Mistake, match=rule), lowered_by("dim", "x"):
            allocate()
    with pytest.raises(KeyError), lowered_by("dim"):
        raise KeyError


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("200 requested and 100 written"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 576 vs 534"),
        ValueError("I/O error: No space left on device (os error 28)"),
        RuntimeError("database or disk is full"),
    ],
)
def test_a_failed_write_gets_its_path_whichever_library_wrote(tmp_path, error):
    write_text(tmp_path / "a.txt", "before")
    with pytest.raises(OSError) as refused, replacing(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("half")
        raise error
    assert refused.value.errno == errno.ENOSPC
    assert refused.value.filename == str(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"


def test_an_error_that_has_a_path_or_is_of_the_program_is_left_as_it_is(tmp_path):
    for error in (OSError(errno.EIO, "", "other"), KeyError("x"), Mistake("x")):
        with pytest.raises(type(error)) as same, naming(tmp_path):
            raise error
        assert same.value is error
