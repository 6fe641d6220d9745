"""The encoder of an export gives what the model gives: every backbone, any batch and length."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from bam.config.instantiate import component
from bam.config.options import option_values
from bam.experiment.opened.load_export import MODEL
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.serving.export.encoder import NAMES, trace, write_encoder, write_onnx
from bam.serving.export.files import ENCODER, ONNX
from bam.serving.histories import pad_histories
from tests.conftest import options

GATED = ("aggregation=gate", "loss=multi_interest")
SIZES = [(1, 1), (1, 12), (7, 5), (30, 12), (3, 2)]


def choices():
    """Every backbone; those that have several interests also with a gate, and each aggregation."""
    for backbone in options("backbone"):
        yield (f"backbone={backbone}",)
        if "num_interests" not in option_values("backbone", backbone):
            yield (f"backbone={backbone}", *GATED)
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
    built = (
        Recommender(Rows(torch.zeros(61, config["dim"]), sparse=False), **parts)
        .eval()
        .requires_grad_(False)
    )
    built.items.weight[1:] = torch.randn(60, config["dim"])
    return built


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
        inputs = {"history": history, "times": times} if model.timed else {"history": history}
        expected = model(history, times if model.timed else times[:, :0])
        compare(opened(*inputs.values()), expected)
        arrays = {name: value.numpy() for name, value in inputs.items()}
        compare(session.run(list(NAMES), arrays), expected)
