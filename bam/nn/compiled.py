"""Functions in C, compiled on first use for the processor at hand.

What takes many passes over memory in torch takes one here. Each has an equal in torch, which
computes where there is no C compiler, and a test holds the two together.
"""

import ctypes
import hashlib
import logging
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bam.system import cpu
from bam.system.c_compiler import find_compiler
from bam.system.failure import one_line

log = logging.getLogger(__name__)
SOURCES = Path(__file__).parent / "kernels"
# no -ffast-math: with it NaN and infinity would be numbers like others
FLAGS = ["-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math"]
FLAGS += ["-fopenmp", "-fPIC", "-shared", "-std=gnu11"]
if platform.machine() == "x86_64":
    FLAGS.append("-mprefer-vector-width=512")


@cache
def compiled(name: str) -> Any:  # a CDLL, whose functions no type checker knows
    """The functions of kernels/NAME.c; None where they cannot be compiled, or BAM_KERNELS is off.

    They are compiled once for a source, a compiler and a processor, and kept in the user's cache.
    """
    compiler = find_compiler()
    if not compiler:
        return None
    source = SOURCES / f"{name}.c"
    try:
        folder = _cache()
        file = folder / f"{name}-{_key(source, compiler)}.so"
        if not file.exists():
            _compile(compiler, source, file)
        return ctypes.CDLL(str(file))
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        log.info("%s is computed by torch, as it was not compiled: %s", name, one_line(error))
        return None


def suits(*tensors: Tensor) -> bool:
    """Whether C may compute with these: they are float32 and lie one after another on the host.

    torch must trace what it compiles or exports, and autocast has a precision of its own.
    """
    if torch.compiler.is_compiling() or torch.is_autocast_enabled("cpu"):
        return False
    return all(
        t.is_cpu and t.dtype == torch.float32 and t.layout == torch.strided and t.is_contiguous()
        for t in tensors
    )


def trains(*tensors: Tensor) -> bool:
    """Whether these may get gradients, for which something must be kept.

    Inside of a function with a backward of its own it is not known: there gradients are always off,
    and ctx.needs_input_grad does not depend on torch.no_grad.
    """
    return torch.is_grad_enabled() and any(t.requires_grad for t in tensors)


def call(function: Callable[..., object], *arguments: Tensor | int | float | None) -> None:
    """Call a function of C: with the data of tensors, and at the end the number of threads.

    A tensor must lie one number after another; one with strides is given by its data_ptr().
    """
    function(*map(_argument, arguments), ctypes.c_long(torch.get_num_threads()))


def round_up(n: int, step: int) -> int:
    """The smallest multiple of `step` that is at least n."""
    return -(-n // step) * step


def _argument(
    value: Tensor | int | float | None,
) -> ctypes.c_void_p | ctypes.c_long | ctypes.c_float:
    if isinstance(value, Tensor):
        assert value.is_contiguous(), "C reads one number after another"
        return ctypes.c_void_p(value.data_ptr())
    if value is None:
        return ctypes.c_void_p(None)
    return ctypes.c_float(value) if isinstance(value, float) else ctypes.c_long(value)


def _key(source: Path, compiler: str) -> str:
    """A hash of all that the compiled file depends on."""
    texts = [file.read_bytes() for file in (source, *sorted(SOURCES.glob("*.h")))]
    stat = Path(compiler).resolve().stat()
    texts.append(f"{FLAGS} {compiler} {stat.st_size} {stat.st_mtime} {cpu.features()}".encode())
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:24]


def _cache() -> Path:
    """A folder that belongs to this user alone: what is in it will be run.

    Raises:
        OSError: there is none.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "bam" / "kernels"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stat = folder.stat()
    if stat.st_uid != os.getuid() or stat.st_mode & 0o022:
        raise OSError(f"{folder} must belong to this user, and no other may write to it")
    return folder


def _compile(compiler: str, source: Path, file: Path) -> None:
    """Write the compiled file in one step: other processes may compile it at the same time."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        made = Path(folder) / file.name
        command = [compiler, *FLAGS, str(source), "-o", str(made), "-lm"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{compiler} has ended with {done.returncode}: {done.stderr}")
        made.replace(file)
