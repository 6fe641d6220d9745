"""What every backbone must do, run on every option of conf/backbone."""

import math

import pytest
import torch

from bam.backbone.comirec_sa import ComiRecSA
from bam.experiment.compose import build
from tests.conftest import SMALL, options


@pytest.fixture(params=options("backbone"))
def backbone(request, configured):
    return build(configured(f"backbone={request.param}", *SMALL)["backbone"], "backbone").eval()


def histories(lengths=(2, 5, 1), dim=8):
    real = torch.arange(5) < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), 5, dim) * real[..., None], real


def test_padding_has_no_effect(backbone):
    items, real = histories()
    noisy = torch.where(real[..., None], items, torch.randn_like(items))
    torch.testing.assert_close(backbone(noisy, real).vectors, backbone(items, real).vectors)


def test_a_batch_cut_to_its_longest_history_gives_the_same_interests(backbone):
    items, real = histories(lengths=(2, 3))
    cut = backbone(items[:, :3], real[:, :3])
    torch.testing.assert_close(cut.vectors, backbone(items, real).vectors)


def test_a_batch_of_one_equals_its_row_of_a_larger_batch(backbone):
    items, real = histories()
    alone = backbone(items[:1], real[:1])
    torch.testing.assert_close(alone.vectors, backbone(items, real).vectors[:1])


def test_padding_is_routed_nowhere(backbone):
    items, real = histories()
    routing = backbone(items, real).routing
    assert routing.masked_select(~real[:, None]).abs().sum() == 0


def test_every_parameter_gets_a_gradient(backbone):
    backbone.train()
    items, real = histories()
    found = backbone(items, real)
    (found.vectors.square().sum() + found.routing.square().sum()).backward()
    silent = [n for n, p in backbone.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_evaluation_is_deterministic(backbone):
    items, real = histories()
    torch.testing.assert_close(
        backbone(items, real).vectors, backbone(items, real).vectors, rtol=0, atol=0
    )


def test_one_interest_works(configured):
    for name in options("backbone"):
        node = configured(f"backbone={name}", *SMALL, "num_interests=1")["backbone"]
        assert build(node, "backbone")(*histories()).vectors.shape == (3, 1, 8)


def test_comirec_sa_equals_the_equation_in_loops():
    model = ComiRecSA(4, 2, 5, widening=3).double().requires_grad_(False)
    items, real = histories(dim=4)
    items = items.double()
    found = model(items, real)
    W1, W2, P = model.hidden.weight, model.attention.weight, model.position
    for b in range(3):
        kept = range(int(real[b].sum()))
        energy = [[float(W2[k] @ torch.tanh(W1 @ (items[b, t] + P[t]))) for t in kept]
                  for k in range(2)]  # fmt: skip
        for k in range(2):
            total = sum(math.exp(x) for x in energy[k])
            vector = sum(math.exp(energy[k][t]) / total * items[b, t] for t in kept)
            torch.testing.assert_close(found.vectors[b, k], vector)
