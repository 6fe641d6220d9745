"""The gradient contract: everything that is trained is reached by the loss."""

import pytest
import torch

from bam.experiment.compose import build, component, components
from bam.model import Recommender
from bam.objective import Objective
from bam.records import Batch
from tests.conftest import options

FROZEN = {  # on purpose: the published program's layers keep their initial values
    "l_published": {f"losses.single_interest.selection.correlation.{layer}.{part}"
                    for layer in ("of_interest", "of_item") for part in ("weight", "bias")},
}  # fmt: skip
# a bias that adds the same to every interest's correlation cancels in the softmax over interests
CANCELS = {"losses.single_interest.selection.correlation.of_interest.bias"}


def assembled(config, num_items=30):
    backbone = build(config["backbone"], "backbone")
    aggregation = build(config["aggregation"], "aggregation")
    model = Recommender(num_items, config["dim"], backbone, aggregation, config["sparse"])
    torch.nn.init.normal_(model.items.weight)
    return model, Objective(
        build(config["negatives"], "negatives", num_items=num_items),
        components(config["loss"], "loss"),
        components(config["regularisation"], "regularisation"),
    )


def batch(rows=6):
    history = torch.randint(1, 31, (rows, 5)) * (torch.arange(5) < 3)
    return Batch(history, torch.randint(1, 31, (rows,)))


@pytest.mark.parametrize("backbone", options("backbone"))
def test_every_parameter_of_a_backbone_gets_a_gradient(small, backbone):
    model, objective = assembled(small(f"backbone={backbone}"))
    objective(model, batch()).backward()
    names = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert names == []


@pytest.mark.parametrize("likelihood", options("likelihood"))
@pytest.mark.parametrize("selection", options("selection"))
def test_every_parameter_of_a_selection_gets_a_gradient_unless_it_is_frozen_on_purpose(
    small, selection, likelihood
):
    config = small("backbone=remi", f"selection={selection}", f"likelihood={likelihood}")
    model, objective = assembled(config)
    objective(model, batch()).backward()
    silent = {n for n, p in objective.named_parameters() if p.grad is None or not p.grad.any()}
    assert silent - CANCELS == FROZEN.get(selection, set()) - CANCELS
    frozen = {n for n, p in objective.named_parameters() if not p.requires_grad}
    assert frozen == FROZEN.get(selection, set())


@pytest.mark.parametrize("likelihood", options("likelihood"))
@pytest.mark.parametrize("aggregation", options("aggregation"))
def test_every_parameter_of_an_aggregation_learns_from_the_multi_interest_loss_alone(
    small, aggregation, likelihood
):
    config = small(f"aggregation={aggregation}", f"likelihood={likelihood}")
    model, objective = assembled(config)
    learned = list(model.aggregation.parameters())
    objective(model, batch()).backward()
    assert all(p.grad is not None and p.grad.any() for p in learned)
    del objective.losses["multi_interest"]
    model.zero_grad()
    objective(model, batch()).backward()
    assert all(p.grad is None for p in learned)


@pytest.mark.parametrize("regularisation", options("regularisation"))
@pytest.mark.parametrize(("rows", "interests"), [(1, 3), (6, 1), (6, 3)])
def test_a_regularisation_of_any_size_is_finite_and_reaches_the_backbone(
    small, regularisation, rows, interests
):
    config = small("backbone=comirec_sa", f"regularisation=[{regularisation}]",
                   f"num_interests={interests}")  # fmt: skip
    model, objective = assembled(config)
    objective.losses.clear()
    found = objective(model, batch(rows))
    found.backward()
    assert found.isfinite() and found > -1e-6
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize("loss", options("loss"))
@pytest.mark.parametrize("negatives", ["shared", "per_row"])
@pytest.mark.parametrize("rows", [1, 6])
def test_a_batch_of_any_size_has_a_finite_loss(small, loss, negatives, rows):
    model, objective = assembled(small(f"loss={loss}", f"negatives={negatives}"))
    assert objective(model, batch(rows)).isfinite()


def test_a_negative_that_is_the_rows_target_is_masked_out_of_that_row_alone(small):
    config = small("backbone=comirec_sa", "loss=single_interest", "selection=hard")
    model, objective = assembled(config)
    targets = torch.tensor([4, 9])
    seen = []
    objective.negatives = lambda target: torch.tensor([[9, 4, 7]])
    objective.losses["single_interest"].register_forward_pre_hook(
        lambda module, inputs: seen.append(inputs[1].own)
    )
    objective(model, Batch(torch.ones(2, 5, dtype=torch.int64), targets))
    assert seen[0].tolist() == [[False, True, False], [True, False, False]]


def test_a_component_is_needed_for_every_name(small):
    assert component(small()["likelihood"], "likelihood") is not None
