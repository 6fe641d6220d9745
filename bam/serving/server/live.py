"""The model that answers: it is exchanged when its folder is replaced, between two requests."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bam.serving.retriever import Retriever
from bam.system.failure import explain

log = logging.getLogger(__name__)
EVERY = 1.0  # second between two looks at the folder


@dataclass(frozen=True)
class Source:
    """Where a model is, and how it is read."""

    folder: Path
    file: str  # in the folder: a small file that is another one whenever the model is
    load: Callable[[Path], Retriever]

    def stamp(self) -> tuple[int, ...]:
        """What the file system knows of the file; empty while it is not there."""
        try:
            found = (self.folder / self.file).stat()
        except OSError:
            return ()
        return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self) -> "Model":
        """The model in the folder.

        Raises:
            Exception: of any kind, for a damaged folder.
        """
        content = (self.folder / self.file).read_bytes()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Model(self.load(self.folder), hashlib.sha256(content).hexdigest(), now)


@dataclass(frozen=True)
class Model:
    """A model that answers; a request keeps the one with which it began."""

    retriever: Retriever
    checksum: str  # SHA-256 of the file that identifies it
    since: str  # when it was read


class Live:
    """The model that answers now.

    Raises:
        Mistake: the folder holds none, or a damaged one.
    """

    def __init__(self, source: Source, check: Callable[[Retriever], None]):
        """`check` raises an error for a model that cannot answer."""
        self._source, self._check = source, check
        self._stamp = source.stamp()
        self._model = self._open()
        self._refusal = ""

    @property
    def model(self) -> Model:
        """The model for one request: read it once in each."""
        return self._model

    @property
    def refusal(self) -> str:
        """Why the folder's present content is not what answers; empty: it answers."""
        return self._refusal

    def refresh(self) -> bool:
        """Take what the folder holds, if it has been replaced; whether there was something to do.

        A damaged one is refused with a line in the log, and the model before goes on answering.
        """
        stamp = self._source.stamp()
        if not stamp or stamp == self._stamp:
            return False
        self._stamp = stamp  # before the files are read: a change in the meantime is seen later
        try:
            self._model, self._refusal = self._open(), ""
            log.info("%s has been replaced, and the new one answers", self._source.folder)
        except Exception as error:
            self._refusal = str(explain(error) or f"{type(error).__name__}: {error}")
            rule = "%s has been replaced, and is refused: %s; the one before goes on answering"
            log.error(rule, self._source.folder, self._refusal)
        return True

    def _open(self) -> Model:
        model = self._source.read()
        self._check(model.retriever)
        return model


async def watch(live: Live, seen: Callable[[], None]) -> None:
    """Look at the folder again and again, and call `seen` after each change."""
    while True:
        await asyncio.sleep(EVERY)
        if await asyncio.to_thread(live.refresh):
            seen()
