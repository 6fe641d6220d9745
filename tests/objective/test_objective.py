"""The gradient contract: everything that is trained is reached by the loss."""

import pytest
import torch
from torch import nn

from bam.config.instantiate import build, component, components
from bam.errors import Mistake
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.objective.likelihood import full_softmax
from bam.objective.objective import Objective
from bam.records import Batch, Events, Negatives, Spans
from bam.training.update import clip
from tests.conftest import options

FROZEN = {  # on purpose: the published program's layers keep their initial values
    "l_published": {
        f"selection.correlation.{layer}.{part}"
        for layer in ("of_interest", "of_item")
        for part in ("weight", "bias")
    },
}
# a bias that adds the same to every interest's correlation cancels in the softmax over interests
CANCELS = {"selection.correlation.of_interest.bias"}


def assembled(config, num_items=30):
    backbone = build(config["backbone"], "backbone")
    similarity = build(config["similarity"], "similarity")
    aggregation = build(config["aggregation"], "aggregation")
    rows = Rows(torch.zeros(num_items + 1, config["dim"]), config["sparse"])
    model = Recommender(rows, backbone, similarity, aggregation)
    nn.init.normal_(model.items.weight)
    count = torch.arange(num_items + 1)
    return model, Objective(
        build(config["sampling"], "sampling"),
        build(config["negatives"], "negatives", num_items=num_items, count=lambda: count),
        component(config["selection"], "selection"),
        component(config["likelihood"], "likelihood"),
        components(config["loss"], "loss"),
        components(config["regularisation"], "regularisation"),
    )


def batch(rows=6):
    history = torch.randint(1, 31, (rows, 5)) * (torch.arange(5) < 3)
    target = torch.randint(1, 31, (rows,))
    return Batch(history, history[:, :0], target, torch.arange(rows) * 5 + 2)


@pytest.mark.parametrize("backbone", options("backbone"))
def test_every_parameter_of_a_backbone_gets_a_gradient(small, backbone):
    """The summary too, where something weighs the interests by it."""
    model, objective = assembled(small(f"backbone={backbone}", "aggregation=weighted"))
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
    # where the vectors of a mixture have its weights in them, every loss trains these
    assert all((p.grad is not None) == (aggregation == "scaled") for p in learned)


# terms that train the gate of an aggregation
GATES = {"activation": "activation", "foreseen": "foreseen"}


@pytest.mark.parametrize("regularisation", options("regularisation"))
@pytest.mark.parametrize(("rows", "interests"), [(1, 3), (6, 1), (6, 3)])
def test_a_regularisation_of_any_size_is_finite_and_reaches_what_it_trains(
    small, regularisation, rows, interests
):
    config = small(
        "backbone=global_interests",  # which has all that a term may need
        f"regularisation=[{regularisation}]",
        f"num_interests={interests}",
        f"aggregation={GATES.get(regularisation, 'maximum')}",
    )
    model, objective = assembled(config)
    objective.losses.clear()
    found = objective(model, batch(rows))
    found.backward()
    assert found.isfinite() and found > -1e-6
    # what trains a gate may leave the interests as they are
    reached = model.aggregation if regularisation in GATES else model.backbone
    gradients = [p.grad for p in reached.parameters() if p.grad is not None]
    assert gradients and all(gradient.isfinite().all() for gradient in gradients)


def test_the_weights_of_a_regularisation_are_trained(small):
    model, objective = assembled(small("backbone=comirec_sa", "regularisation=[re_construct]"))
    objective(model, batch()).backward()
    weights = list(objective.regularisation.named_parameters())
    assert weights and [n for n, p in weights if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize("weight", [0.0, 100.0])
def test_a_regularisation_of_weight_0_is_not_computed(small, weight):
    model, objective = assembled(
        small("backbone=remi", "sampling=all_positions", f"regularisation.routing.weight={weight}")
    )
    if weight == 0:
        assert objective(model, batch()).isfinite()
    else:
        with pytest.raises(Mistake, match="needs a backbone that shares out the history"):
            objective(model, batch())


def test_a_loss_of_weight_0_is_not_computed(small):
    model, objective = assembled(small("loss.single_interest.weight=0"))
    assert "single_interest" not in objective.terms(model, batch())


@pytest.mark.parametrize("loss", options("loss"))
@pytest.mark.parametrize("negatives", [n for n in options("negatives") if n != "none"])
@pytest.mark.parametrize("rows", [1, 6])
def test_a_batch_of_any_size_has_a_finite_loss(small, loss, negatives, rows):
    model, objective = assembled(small(f"loss={loss}", f"negatives={negatives}"))
    assert objective(model, batch(rows)).isfinite()


class Given(nn.Module):
    """Always the same negatives."""

    def forward(self, target):
        return Negatives(torch.tensor([[9, 4, 7]]), torch.zeros(1, 3))


def watched(objective):
    """The mixture and the candidates of each step that follows."""
    seen = []
    for loss in objective.losses.values():
        loss.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    objective.likelihood.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[1]))
    return seen


def test_a_negative_that_is_the_rows_target_is_masked_out_of_that_row_alone(small):
    config = small("backbone=comirec_sa", "loss=single_interest", "selection=hard")
    model, objective = assembled(config)
    seen = watched(objective)
    objective.negatives = Given()
    history = torch.ones(2, 5, dtype=torch.int64)
    objective(model, Batch(history, history[:, :0], torch.tensor([4, 9]), torch.tensor([4, 9])))
    assert seen[-1].accidental_hit.tolist() == [[False, True, False], [True, False, False]]


def test_a_negative_that_is_another_target_of_its_history_is_masked_out_of_that_row(small):
    config = small("backbone=comirec_sa", "sampling=set", "selection=exclusive")
    model, objective = assembled(config)
    seen = watched(objective)
    objective.negatives = Given()  # 9, 4, 7
    history, places = torch.ones(2, 5, dtype=torch.int64), torch.tensor([4, 4, 9])
    sets = torch.tensor([[4, 7], [4, 7], [9, 0]])
    objective(model, Batch(history, history[:, :0], torch.tensor([4, 7, 9]), places, sets))
    assert seen[-1].accidental_hit.tolist() == [
        [False, True, True],
        [False, True, True],
        [True, False, False],
    ]


@pytest.mark.parametrize("similarity", options("similarity"))
def test_losses_are_given_the_interests_and_rows_that_are_ranked(small, similarity):
    config = small("backbone=comirec_sa", f"similarity={similarity}", "similarity.temperature=0.2")
    model, objective = assembled(config)
    seen, examples = watched(objective), batch()
    objective(model, examples)
    interests, found = seen[0], seen[-1]
    torch.testing.assert_close(interests.vectors, model(examples.history, examples.times).vectors)
    torch.testing.assert_close(found.target, model.table()[examples.target])
    torch.testing.assert_close(found.table(), model.table()[1:])
    assert found.num_items == 30


@pytest.mark.parametrize("similarity", options("similarity"))
@pytest.mark.parametrize("likelihood", options("likelihood"))
def test_the_table_is_computed_once_a_step_and_only_for_a_likelihood_over_all_items(
    small, monkeypatch, similarity, likelihood
):
    config = small(f"similarity={similarity}", f"likelihood={likelihood}", "loss=multi_interest")
    model, objective = assembled(config)
    made, table = [], model.table
    monkeypatch.setattr(model, "table", lambda: made.append(1) or table())
    objective(model, batch())
    assert len(made) == (likelihood == "full_softmax")


@pytest.mark.parametrize(
    ("loss", "selection", "every"),
    [
        ("single_interest", "p", False),
        ("single_interest", "p_expected", True),
        ("multi_interest", "p", True),
        ("multi_interest", "p_expected", True),
    ],
)
def test_an_interest_that_answers_meets_the_catalogue_once_a_step(
    small, monkeypatch, loss, selection, every
):
    config = small("likelihood=full_softmax", f"loss={loss}", f"selection={selection}")
    model, objective = assembled(config)
    calls, found = [], full_softmax.log_sums
    monkeypatch.setattr(
        full_softmax,
        "log_sums",
        lambda m, *rest: calls.append(len(m)) or found(m, *rest),
    )
    objective(model, batch(rows=6))
    assert calls == [6 * config["num_interests"] if every else 6]


@pytest.mark.parametrize("similarity", options("similarity"))
@pytest.mark.parametrize("likelihood", [n for n in options("likelihood") if n != "full_softmax"])
def test_a_sparse_gradient_has_the_rows_of_the_batch_alone(small, similarity, likelihood):
    config = small("optimizer=lazy_adam", f"similarity={similarity}", f"likelihood={likelihood}")
    model, objective = assembled(config, num_items=5000)
    examples = batch()
    objective(model, examples).backward()
    gradient = model.items.weight.grad.coalesce()
    assert gradient.is_sparse and len(gradient.indices()[0]) <= 6 * 5 + 6 + 12


def test_a_component_is_needed_for_every_name(small):
    assert component(small()["likelihood"], "likelihood") is not None


@pytest.mark.parametrize(
    "choices",
    [
        *(
            f"{group}={option}"
            for group in ("selection", "likelihood", "aggregation", "loss")
            for option in options(group)
        ),
        *(f"negatives={option}" for option in options("negatives") if option != "none"),
        *(f"backbone={option}" for option in options("backbone")),
        *(
            f"sampling=all_positions backbone={option}"
            for option in ("comirec_sa", "gru4rec", "sasrec", "transformer")
        ),
        *(
            f"sampling=all_positions backbone=transformer readout={option}"
            for option in options("readout")
            if option not in ("none", "state")
        ),
        "backbone=gru4rec readout=decoder num_interests=3 selection=exclusive",
        "backbone=comirec_sa regularisation=[activation,interest_margin] aggregation=activation",
    ],
)
def test_a_step_reads_no_number_back_from_its_device(small, choices):
    config = small(*choices.split())
    nowhere = torch.device("meta")  # has shapes and no numbers: to read one is an error
    model, objective = (part.to(nowhere) for part in assembled(config))
    begin = torch.arange(0, 60, 10)
    items = torch.empty(60, dtype=torch.int32, device=nowhere)
    groups = build(config["sampling"], "sampling").groups(
        Events(items, items[:0]),
        Spans(begin, begin + 1, begin + 10),
        6,
        torch.Generator(),
    )
    objective(model, next(next(groups))).backward()
    clip([w for w in model.parameters() if w.grad is not None], 1.0)
