"""The model that turns a history into interests, as a file for programs that have no bam."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.nn.functional import pad

from bam.errors import extra
from bam.model.recommender import Recommender
from bam.serving.export.files import ENCODER, ONNX

INPUTS = ["history", "times"]  # the second is there for a model that needs times
NAMES = ("vectors", "routing", "log_weight", "weight")


class Encoder(nn.Module):
    """vectors [B K D], routing [B K L], log_weight and weight [B K] of a history [B L], PAD at its
    end.

    A model that needs times gets them too, in seconds.

    Inside, every history is filled up to the model's length, which changes no result: so any length
    from 1 to it works, also with a backbone whose program has a fixed number of steps.
    """

    def __init__(self, model: Recommender, length: int):
        super().__init__()
        self.model, self.length = model, length

    def forward(
        self, history: Int[Tensor, "B L"], times: Int[Tensor, "B L"] | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        width = history.shape[1]
        more = (0, self.length - width)
        whole = pad(history, more)
        found = self.model(whole, whole[:, :0] if times is None else pad(times, more))
        routing = found.routing
        if routing.shape[2]:
            routing = routing.index_select(2, torch.arange(width))
        return found.vectors, routing, found.log_weight, found.weight


def trace(model: Recommender, length: int) -> ExportedProgram:
    """The encoder as a graph, for batches of any size and histories of 1 to `length` items."""
    # each of its own: one tensor given twice would become one input
    examples = [torch.ones(2, min(2, length), dtype=torch.int64) for _ in INPUTS]
    sizes = {0: Dim("batch"), 1: Dim("length", max=length) if length > 1 else None}
    inputs = 2 if model.timed else 1
    with torch.no_grad(), _quiet():
        encoder = Encoder(model.eval(), length)
        return torch.export.export(
            encoder, tuple(examples[:inputs]), dynamic_shapes=(sizes,) * inputs, strict=False
        )


def write_encoder(folder: Path, program: ExportedProgram) -> None:
    """Write it as torch.export does. Its reader unpickles: bam does not open it."""
    torch.export.save(program, folder / ENCODER)


def write_onnx(folder: Path, program: ExportedProgram) -> None:
    """Write it as ONNX: input `history`, outputs NAMES. Weights above 2 GB are beside the file."""
    with extra("onnx"):
        import onnxscript  # noqa: F401
    with _quiet():
        names = INPUTS[: len(program.graph_signature.user_inputs)]
        found = torch.onnx.export(
            program, dynamo=True, verbose=False, input_names=names, output_names=[*NAMES]
        )
    assert found is not None
    found.save(folder / ONNX)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what exporters write about themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
