"""TensorBoard: curves of every run below the folder that it is pointed at."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bam.errors import extra
from bam.records import Track
from bam.run.files import CONFIG
from bam.run.flatten import flat

with extra("tensorboard"):
    from torch.utils.tensorboard import SummaryWriter


@contextmanager
def tensorboard(folder: str) -> Iterator[Track]:
    """An events file in the run's folder, with the run's config as a text."""
    with SummaryWriter(folder) as writer:
        writer.add_text("config", f"```\n{(Path(folder) / CONFIG).read_text('utf-8')}```")

        def track(record: dict) -> None:
            for name, value in flat(record).items():
                writer.add_scalar(name, value, record["step"])

        yield track
