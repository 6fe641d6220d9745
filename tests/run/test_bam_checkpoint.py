"""Checkpoints of the published program, imitated from its names and shapes."""

import pytest
import torch
from torch import nn

from bam.data.sampling.one_position import OnePosition
from bam.errors import Mistake
from bam.model.aggregation.maximum import Maximum
from bam.model.backbone.comirec_sa import ComiRecSA
from bam.model.backbone.mind import Mind
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.objective.likelihood.sampled_softmax import SampledSoftmax
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.objective import Objective
from bam.objective.selection import linear, soft
from bam.run import bam_checkpoint as published

V, D, L, K = 9, 8, 5, 4


def modules(backbone=None, selection=None):
    backbone = backbone or ComiRecSA(D, K, L, widening=4, spread=0.0)
    objective = Objective(
        OnePosition(L, 1),
        lambda target: target[None],
        selection or soft.drawn(1.0),
        SampledSoftmax(0.0),
        {"single_interest": SingleInterest(1.0)},
        {},
    )
    model = Recommender(Rows(torch.zeros(V + 1, D), sparse=False), backbone, Inner(1.0), Maximum())
    return nn.ModuleDict({"model": model, "objective": objective})


def remi():
    return {
        "embeddings.weight": torch.randn(V + 1, D),
        "position_embedding": torch.randn(1, L, D),
        "linear1.0.weight": torch.randn(4 * D, D),
        "linear2.weight": torch.randn(K, 4 * D),
        "l1.weight": torch.randn(16, D),
        "l1.bias": torch.zeros(16),
        "l2.weight": torch.randn(16, D),
        "l2.bias": torch.zeros(16),
        "sample_loss.logprob_noise": torch.randn(V + 1),
    }


@pytest.fixture
def saved(tmp_path):
    def save(state):
        torch.save(state, tmp_path / "model.pt")
        return tmp_path / "model.pt"

    return save


def test_a_remi_checkpoint_fills_the_model_and_its_padding_row(saved):
    state, ours = remi(), modules(selection=linear.published(1.0, D, 16))
    published.load(ours, saved(state))
    backbone = ours["model"].backbone
    torch.testing.assert_close(ours["model"].items.weight.data, state["embeddings.weight"])
    torch.testing.assert_close(backbone.position.data, state["position_embedding"][0])
    torch.testing.assert_close(backbone.hidden.weight.data, state["linear1.0.weight"])
    torch.testing.assert_close(backbone.attention.weight.data, state["linear2.weight"])
    correlation = ours["objective"].selection.correlation
    torch.testing.assert_close(correlation.of_item.weight.data, state["l2.weight"])


def test_layers_that_the_model_does_not_use_are_left_out(saved):
    published.load(modules(), saved(remi()))  # BaM_p has no linear layers, the file always does


def test_a_mind_checkpoint_fills_the_model(saved):
    state = {
        "embeddings.weight": torch.randn(V + 1, D),
        "capsule_network.linear.weight": torch.randn(D, D),
        "capsule_network.relu.0.weight": torch.randn(D, D),
    }
    mind = Mind(D, K, L, rounds=3, routing_axis="history", relu_layer=False, adaptive=False)
    ours = modules(mind)
    published.load(ours, saved(state))
    torch.testing.assert_close(mind.bilinear.weight.data, state["capsule_network.linear.weight"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embeddings.weight": torch.randn(V + 2, D)}, r"items.weight \[10, 8\] .* \[11, 8\]"),
        ({"position_embedding": torch.randn(1, 7, D)}, r"position \[5, 8\] .* \[7, 8\]"),
        ({"linear3.weight": torch.randn(2, 2)}, r"has nothing where .* linear3.weight \[2, 2\]"),
    ],
)
def test_tensors_that_do_not_fit_are_refused_with_both_sides(saved, change, message):
    with pytest.raises(Mistake, match=message):
        published.load(modules(), saved({**remi(), **change}))


def test_a_missing_tensor_is_named(saved):
    state = remi()
    del state["linear2.weight"]
    with pytest.raises(Mistake, match=r"attention.weight \[4, 32\] where the file has nothing"):
        published.load(modules(), saved(state))


class Harmful:
    def __reduce__(self):
        return print, ("harm",)


def test_a_file_that_would_run_code_is_refused(saved, capsys):
    with pytest.raises(Mistake, match="not a file of tensors alone"):
        published.load(modules(), saved({"embeddings.weight": Harmful()}))
    assert "harm" not in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Mistake, match=r"checkpoint must be a file, got .*model\.pt"):
        published.load(modules(), tmp_path / "model.pt")


@pytest.mark.parametrize("text", ["hello world", "user,item\n1,2\n", "run", "README", ""])
def test_a_file_of_text_is_no_checkpoint(tmp_path, text):
    (tmp_path / "model.pt").write_text(text)
    with pytest.raises(Mistake, match=r"not a file of tensors alone; give the model\.pt of BaM"):
        published._tensors(tmp_path / "model.pt")
