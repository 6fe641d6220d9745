"""The encoder of an export gives what the model gives: every backbone, any batch and length."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument
from torch import nn

from bam.config.instantiate import component
from bam.config.options import option_values
from bam.errors import Mistake
from bam.experiment.opened.load_export import MODEL
from bam.model.backbone.popularity import Popularity
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.nn.causal import mean_item
from bam.records import Interests
from bam.serving.export.encoder import NAMES, trace, write_encoder, write_onnx
from bam.serving.export.files import ENCODER, ONNX
from bam.serving.histories import pad_histories
from tests.conftest import options

GATED = ("aggregation=gate", "loss=multi_interest")
SIZES = [(1, 1), (1, 12), (7, 5), (30, 12), (3, 2)]


def choices():
    """Every backbone, with a gate if it has several interests; and each aggregation.

    A gate needs all that a backbone gives, so that nothing of it is left out of the graph.
    """
    for backbone in options("backbone"):
        one = "num_interests" in option_values("backbone", backbone)
        yield (f"backbone={backbone}", *(() if one else GATED))
    for aggregation in options("aggregation"):
        yield ("backbone=remi", f"aggregation={aggregation}", "loss=multi_interest")
    yield ("backbone=mind", "backbone.routing_axis=history", "backbone.adaptive=true")
    yield ("backbone=transformer", "similarity=cosine")
    for backbone in ("pimi", "sasrec_decay", "sasrec_buckets"):
        yield (f"backbone={backbone}", "intervals=times")


@pytest.fixture
def model(request, small):
    config = small(*request.param, "history_length=12")
    torch.manual_seed(1)
    parts = {name: component(config[name], name) for name in MODEL}
    built = Recommender(Rows(torch.zeros(61, config["dim"]), sparse=False), **parts).eval()
    with torch.no_grad():
        built.items.weight[1:] = torch.randn(60, config["dim"])
    return built  # as that of a run: its weights need gradients


class OfOneSize(nn.Module):
    """The mean item; `len` makes the number of rows a constant of the graph."""

    def forward(self, met):
        mean = mean_item(met)[torch.arange(len(met.items))]
        return Interests.unrouted(mean[:, None], mean)


class ByValue(nn.Module):
    """The mean item, or its double where a value is large."""

    def forward(self, met):
        mean = mean_item(met) * (2 if met.items.sum().item() > 3 else 1)
        return Interests.unrouted(mean[:, None], mean)


def compare(found, expected):
    for name, value in zip(NAMES, found, strict=True):
        np.testing.assert_allclose(value, getattr(expected, name).numpy(), atol=1e-4)


@pytest.mark.parametrize("model", sorted(set(choices())), ids="-".join, indirect=True)
def test_it_gives_what_the_model_gives(model, run, tmp_path):
    program = trace(model, 12)
    write_encoder(tmp_path, program)
    write_onnx(tmp_path, program)
    opened = torch.export.load(tmp_path / ENCODER).module()
    onnx.checker.check_model(tmp_path / ONNX)
    session = onnxruntime.InferenceSession(tmp_path / ONNX, providers=["CPUExecutionProvider"])
    histories = run.retriever.users.all()
    for batch, length in SIZES:
        history, _ = pad_histories(histories[:batch], length)
        times = 1000 * torch.arange(history.shape[1]).square() * (history > 0)
        inputs = (
            {"history": history, "times": times} if model.without_times else {"history": history}
        )
        with torch.no_grad():
            expected = model(history, times if model.without_times else times[:, :0])
            compare(opened(*inputs.values()), expected)
        arrays = {name: value.numpy() for name, value in inputs.items()}
        compare(session.run(list(NAMES), arrays), expected)
    if isinstance(model.backbone, Popularity):  # its interest is of no history
        return
    longer = {name: np.ones((1, 13), dtype=np.int64) for name in inputs}
    with pytest.raises(InvalidArgument):  # ONNX knows no longest history
        session.run(list(NAMES), longer)


@pytest.mark.parametrize("model", [("backbone=comirec_sa",)], indirect=True)
@pytest.mark.parametrize("backbone", [OfOneSize, ByValue])
def test_a_part_that_cannot_be_traced_is_one_sentence_with_what_to_write(model, backbone):
    model.backbone = backbone()
    with pytest.raises(Mistake, match=r"cannot be exported: Co.*; in a part of your own, sizes"):
        trace(model, 12)
