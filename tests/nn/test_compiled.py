"""Where C cannot be compiled, torch computes; what was compiled is run by its user alone."""

import logging
import stat

import pytest
import torch

from bam.nn import compiled as module
from bam.nn.compiled import compiled, suits
from bam.system.c_compiler import find_compiler


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and nothing known of an earlier one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compiled.cache_clear()
    yield tmp_path / "bam" / "kernels"
    compiled.cache_clear()


needs_compiler = pytest.mark.skipif(not find_compiler(), reason="there is no C compiler")


@needs_compiler
def test_a_source_is_compiled_once(cache, monkeypatch):
    assert compiled("matmul").multiply
    (file,) = cache.glob("matmul-*.so")
    compiled.cache_clear()
    monkeypatch.setattr(module, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compiled("matmul").multiply
    assert list(cache.iterdir()) == [file]


@needs_compiler
@pytest.mark.parametrize("source", sorted(module.SOURCES.glob("*.c")), ids=lambda path: path.stem)
def test_every_source_compiles(source):
    assert compiled(source.stem) is not None


@needs_compiler
def test_another_source_is_another_file(cache, tmp_path, monkeypatch):
    for text in ("int one(void) { return 1; }", "int one(void) { return 2; }"):
        (tmp_path / "one.c").write_text(text)
        monkeypatch.setattr(module, "SOURCES", tmp_path)
        compiled.cache_clear()
        compiled("one")
    assert len(list(cache.glob("one-*.so"))) == 2


def test_without_a_compiler_torch_computes(cache, monkeypatch):
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", "")
    assert compiled("matmul") is None


def test_it_can_be_turned_off(cache, monkeypatch):
    monkeypatch.setenv("BAM_KERNELS", "off")
    assert find_compiler() is None and compiled("matmul") is None


@needs_compiler
def test_a_source_that_does_not_compile_leaves_the_work_to_torch(
    cache, tmp_path, monkeypatch, caplog
):
    (tmp_path / "wrong.c").write_text("this is no C")
    monkeypatch.setattr(module, "SOURCES", tmp_path)
    with caplog.at_level(logging.INFO):
        assert compiled("wrong") is None
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("wrong is computed by torch, as it was not compiled: ")
    assert f"{find_compiler()} has ended with 1: " in line and "\n" not in line
    assert not list(cache.iterdir())


@needs_compiler
def test_a_folder_that_others_may_write_to_is_not_used(cache):
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    assert compiled("matmul") is None
    cache.chmod(0o700)
    compiled.cache_clear()
    assert compiled("matmul") is not None
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@needs_compiler
def test_a_cache_that_cannot_be_written_leaves_the_work_to_torch(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    compiled.cache_clear()
    assert compiled("matmul") is None
    compiled.cache_clear()


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(3, dtype=torch.float64),
        torch.zeros(3, 4).T,
        torch.zeros(3, 4, device="meta"),
        torch.zeros(3, 4).to_sparse(),
        torch.zeros(3, 4).to_mkldnn(),
    ],
)
def test_only_plain_float32_suits(tensor):
    assert suits(torch.zeros(3)) and not suits(torch.zeros(3), tensor)


def test_autocast_has_a_precision_of_its_own():
    with torch.autocast("cpu", torch.bfloat16):
        assert not suits(torch.zeros(3))
