"""TensorBoard: curves of every run below the folder that it is pointed at."""

from collections.abc import Iterator
from contextlib import contextmanager

from bam.errors import extra
from bam.records import End, Track, TrackedRun
from bam.run.files import CONFIG
from bam.run.flatten import flat

with extra("tensorboard"):
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams


@contextmanager
def tensorboard(run: TrackedRun) -> Iterator[Track]:
    """An events file in the run's folder; a continued run adds another one, for the same curves.

    The config and how the run has ended are texts. The tab HParams has the tags and overrides of a
    finished run beside its test metrics.
    """
    with SummaryWriter(str(run.folder)) as writer:
        writer.add_text("config", f"```\n{(run.folder / CONFIG).read_text('utf-8')}```")
        writer.add_text("tags", "\n".join(f"- {key}: {tag}" for key, tag in run.tags.items()))

        def loss(step: int, value: float) -> None:
            writer.add_scalar("recent_loss", value, step)

        def validation(record: dict) -> None:
            for name, value in flat(record).items():
                writer.add_scalar(name, value, record["step"])

        def end(end: End) -> None:
            writer.add_text("status", f"{end.status} {end.error}".strip())
            for name, value in end.numbers.items():
                writer.add_scalar(name, value)
            if end.numbers:
                _add_parameters(writer, run, end)

        yield Track(loss, validation, end)


def _add_parameters(writer: SummaryWriter, run: TrackedRun, end: End) -> None:
    """For the tab HParams, in this file: SummaryWriter.add_hparams would make another folder."""
    metrics = {name: value for name, value in end.numbers.items() if name.startswith("test/")}
    for summary in hparams({**run.tags, **run.overrides}, metrics):
        writer._get_file_writer().add_summary(summary)
