"""The model that turns a history into interests, as a file for programs that have no bam."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch._dynamo.exc import UserError
from torch.export import Dim, ExportedProgram
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

from bam.errors import Mistake, extra
from bam.model.recommender import Recommender
from bam.serving.export.files import ENCODER, ONNX

INPUTS = ["history", "times"]  # the second is there for a model that needs times
NAMES = ("vectors", "routing", "log_weight", "weight")
ADVICE = (
    "in a part of your own, sizes of a batch must be x.shape[0], not len(x), and no `if` may "
    "depend on the values of a tensor; bam serve run=FOLDER needs no export"
)


class Encoder(nn.Module):
    """vectors [B K D], routing [B K L], log_weight and weight [B K] of a history [B L], PAD at its
    end.

    A model that needs times gets them too, in seconds.

    Inside, every history is filled up to the model's length, which changes no result: so any length
    from 1 to it works, also with a backbone whose program has a fixed number of steps. A longer one
    is an error: which of its items count is for the caller to choose.
    """

    def __init__(self, model: Recommender, length: int):
        super().__init__()
        self.model, self.length = model, length

    def forward(
        self, history: Int[Tensor, "B L"], times: Int[Tensor, "B L"] | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        place = torch.arange(history.shape[1])
        whole = self._fill_up(history, place)
        found = self.model(whole, whole[:, :0] if times is None else self._fill_up(times, place))
        routing = found.routing
        if routing.shape[2]:
            routing = routing.index_select(2, place)
        return found.vectors, routing, found.log_weight, found.weight

    def _fill_up(self, row: Int[Tensor, "B L"], place: Int[Tensor, " L"]) -> Int[Tensor, "B W"]:
        # `pad` would cut a row that is too long, without a word
        return row.new_zeros(row.shape[0], self.length).index_copy(1, place, row)


def trace(model: Recommender, length: int) -> ExportedProgram:
    """The encoder as a graph, for batches of any size and histories of 1 to `length` items.

    Raises:
        Mistake: a part of the model computes with a size, or a value, that the graph cannot leave
            open.
    """
    # each of its own: one tensor given twice would become one input
    examples = [torch.ones(2, min(2, length), dtype=torch.int64) for _ in INPUTS]
    sizes = {0: Dim("batch"), 1: Dim("length", max=length) if length > 1 else None}
    inputs = 2 if model.without_times else 1
    with torch.no_grad(), _quiet():
        encoder = Encoder(model.eval(), length)
        try:
            return torch.export.export(
                encoder, tuple(examples[:inputs]), dynamic_shapes=(sizes,) * inputs, strict=False
            )
        except (UserError, GuardOnDataDependentSymNode) as error:
            reason = str(error).partition("\n")[0]
            raise Mistake(f"the model cannot be exported: {reason}; {ADVICE}") from error


def write_encoder(folder: Path, program: ExportedProgram) -> None:
    """Write it as torch.export does. Its reader unpickles: bam does not open it."""
    torch.export.save(program, folder / ENCODER)


def write_onnx(folder: Path, program: ExportedProgram) -> None:
    """Write it as ONNX: input `history`, outputs NAMES. Weights above 2 GB are beside the file."""
    with extra("onnx"):
        import onnxscript  # noqa: F401
    # as in `trace`: where a mask needs gradients, attention is another kernel
    with torch.no_grad(), _quiet():
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
