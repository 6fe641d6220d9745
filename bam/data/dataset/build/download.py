"""Where a raw file can be downloaded without a login: what arrives is known by its checksum."""

import http.client
import logging
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from filelock import FileLock

from bam.errors import Mistake, require
from bam.system.bars import progress_bar
from bam.system.checksums import sha256
from bam.system.files import naming, remove_lock

log = logging.getLogger(__name__)

HOST = r"https://([a-z0-9-]+\.)+[a-z]{2,}/"  # of the public web: a name, no number, no port
NAME = r"[\w-][\w.-]*"  # of a file: neither .. nor hidden
CHUNK = 1 << 16  # bytes
UNFINISHED = ".unfinished-"  # how the folder of a download begins


class Unreachable(Exception):
    """This origin cannot be reached, or gives something else; the next one is tried."""


@runtime_checkable
class Origin(Protocol):
    """One place to download from."""

    def fetch(self, folder: Path) -> Path:
        """The path of the raw file or folder, in `folder`; raises Unreachable."""


class HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to another https address, and to nothing else."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str):
        if not re.match(HOST, newurl):
            raise Unreachable(f"{req.full_url}: leads to {newurl}, which is no https address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


OPENER = urllib.request.build_opener(HttpsOnly)


@dataclass(frozen=True)
class Url:
    """A file on the web.

    Raises:
        Mistake: it is not an https address, or its checksum or size are not given.
    """

    url: str
    sha256: str  # of the file, in hexadecimal digits
    max_mb: int  # MiB after which the download stops
    timeout: float  # seconds to wait for a connection, and for each piece

    def __post_init__(self) -> None:
        address = re.fullmatch(rf"{HOST}([^\s?#]+/)?{NAME}", self.url)
        require(address is not None, "url must be https://HOST/FILE of the public web", self.url)
        require(self.max_mb >= 1, "max_mb must be at least 1", self.max_mb)
        _check_digits(self.sha256)

    def fetch(self, folder: Path) -> Path:
        """Download the file, whole or not at all, unless it is there with this checksum."""
        return _keep(folder / self.url.rpartition("/")[2], self.sha256, self._download)

    def _download(self, path: Path) -> None:
        try:
            with OPENER.open(self.url, timeout=self.timeout) as answer:
                self._save(answer, path)
        except (OSError, ValueError, http.client.HTTPException) as error:
            if getattr(error, "filename", None) == str(path):  # the disk refuses, not the web
                raise
            raise Unreachable(f"{self.url}: {error}") from None

    def _save(self, answer: Any, path: Path) -> None:
        total, title = int(answer.headers.get("Content-Length") or 0), f"download {path.name}"
        with (
            path.open("wb") as file,
            progress_bar(total=total or None, unit="B", unit_scale=True, desc=title) as shown,
        ):
            for chunk in iter(partial(answer.read, CHUNK), b""):
                with naming(path):
                    file.write(chunk)
                    file.flush()
                shown.update(len(chunk))
                if file.tell() > self.max_mb << 20:
                    raise Unreachable(f"{self.url}: larger than {self.max_mb} MiB")


@dataclass(frozen=True)
class Package:
    """A folder inside a Python package's wheel; the package is neither built nor installed.

    Raises:
        Mistake: the requirement is not NAME==VERSION, or its checksum is not given.
    """

    requirement: str
    sha256: str  # of the wheel, in hexadecimal digits
    folder: str

    def __post_init__(self) -> None:
        pinned = re.fullmatch(rf"[A-Za-z0-9]{NAME}==[0-9][\w.+!]*", self.requirement)
        require(pinned is not None, "requirement must be NAME==VERSION", self.requirement)
        inside = re.fullmatch(rf"({NAME}/)*{NAME}", self.folder)
        require(inside is not None, "folder must be a path inside the package", self.folder)
        _check_digits(self.sha256)

    def fetch(self, folder: Path) -> Path:
        """Download the wheel unless it is there with this checksum, and unpack the folder."""
        wheel = _keep(folder / f"{self.requirement}.whl", self.sha256, self._download)
        path = folder / Path(self.folder).name
        with tempfile.TemporaryDirectory(dir=folder, prefix=UNFINISHED) as unfinished:
            with zipfile.ZipFile(wheel) as archive:
                names = [n for n in archive.namelist() if n.startswith(f"{self.folder}/")]
                archive.extractall(unfinished, names)
            shutil.rmtree(path, ignore_errors=True)
            (Path(unfinished) / self.folder).rename(path)
        return path

    def _download(self, path: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        wheels_alone = ["--no-deps", "--only-binary=:all:", "--dest", str(path.parent)]
        done = subprocess.run(
            [*pip, *wheels_alone, self.requirement], capture_output=True, text=True
        )
        wheel = next(path.parent.glob("*.whl"), None)
        if done.returncode or not wheel:
            reason = done.stderr.strip().rpartition("\n")[2] or "it has no wheel"
            raise Unreachable(f"package {self.requirement}: {reason}")
        wheel.rename(path)


def _keep(file: Path, digits: str, download: Callable[[Path], None]) -> Path:
    """The file, which is downloaded unless it is there with this checksum."""
    if not file.is_file() or sha256(file) != digits:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=UNFINISHED) as unfinished:
            arrived = Path(unfinished) / file.name
            download(arrived)
            if (found := sha256(arrived)) != digits:
                raise Unreachable(f"{file.name}: has the sha256 {found}, not {digits}")
            arrived.replace(file)
    return file


def _check_digits(sha256: str) -> None:
    known = re.fullmatch(r"[0-9a-f]{64}", sha256)
    require(known is not None, "sha256 must be 64 hexadecimal digits", sha256)


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
        lock = folder / ".lock"
        with FileLock(lock):
            for left in folder.glob(f"{UNFINISHED}*"):  # by a process that was killed
                shutil.rmtree(left)
            for origin in self.origins:
                try:
                    found = origin.fetch(folder)
                    remove_lock(lock)  # whoever waits for it finds the file
                    return found
                except Unreachable as error:
                    log.info("a download failed, and the next source is tried: %s", error)
        raise Mistake(
            "the raw data cannot be downloaded from here; "
            f"download {self.by_hand}, and give its path as dataset.raw=PATH"
        )
