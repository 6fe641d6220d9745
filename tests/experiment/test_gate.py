"""A gate is trained, and as it serves."""

import pytest

from bam.config.instantiate import build
from bam.errors import Mistake
from bam.experiment.parts.components import build_components
from bam.experiment.parts.gate import check_gate
from bam.objective.loss.mixture import Mixture
from bam.objective.loss.multi_interest import MultiInterest
from bam.objective.loss.single_interest import SingleInterest
from bam.objective.regularisation.activation import Activation
from bam.objective.regularisation.foreseen import Foreseen
from bam.objective.regularisation.interest_margin import InterestMargin
from bam.objective.regularisation.load_balance import LoadBalance

ALONE, JOINT, MIXED = SingleInterest(1.0), MultiInterest(1.0, 1.0), Mixture(1.0)
FORESEEN = Foreseen(1.0, 1.0)


@pytest.fixture
def check(configured):
    def check(aggregation, losses, *terms):
        part = build(
            configured(f"aggregation={aggregation}", "dim=3")["aggregation"], "aggregation"
        )
        named = [{str(i): one for i, one in enumerate(some)} for some in (losses, terms)]
        check_gate(part, *named, 3)

    return check


@pytest.mark.parametrize(
    ("aggregation", "losses", "terms"),
    [
        ("maximum", [ALONE], []),
        ("maximum", [ALONE, JOINT], []),
        ("gate", [ALONE, JOINT], []),
        ("gate", [MIXED], []),
        ("foreseen", [ALONE], [FORESEEN]),
        ("foreseen", [JOINT], []),
        ("foreseen", [MIXED], []),
        ("mixture", [MIXED], []),
        ("mixture", [ALONE, MIXED], []),
        ("mixture", [ALONE], [FORESEEN]),
        ("scaled", [ALONE], []),
    ],
)
def test_these_train_the_score_that_serves(check, aggregation, losses, terms):
    check(aggregation, losses, *terms)


@pytest.mark.parametrize("aggregation", ["gate", "foreseen", "mixture"])
@pytest.mark.parametrize(
    ("losses", "terms"),
    [([ALONE], []), ([ALONE, MultiInterest(0.0, 1.0)], []), ([ALONE], [Foreseen(0.0, 1.0)])],
)
def test_a_gate_that_nothing_trains_is_refused(check, aggregation, losses, terms):
    with pytest.raises(Mistake, match="must train the gate of this aggregation"):
        check(aggregation, losses, *terms)


@pytest.mark.parametrize(
    ("losses", "terms", "needing"),
    [([MIXED], [], "loss=mixture"), ([ALONE], [FORESEEN], "regularisation=0")],
)
def test_what_trains_a_gate_where_there_is_none_is_refused(check, losses, terms, needing):
    with pytest.raises(Mistake, match=f"must have a gate that {needing} can train: .*Maximum"):
        check("maximum", losses, *terms)


def test_a_term_that_trains_what_another_gate_adds_is_refused(check):
    check("activation", [ALONE], Activation(1.0))
    with pytest.raises(Mistake, match=r"must have a gate that regularisation=0 can .*Scaled"):
        check("scaled", [ALONE], Activation(1.0))
    check("scaled", [ALONE], FORESEEN)


@pytest.mark.parametrize("term", [LoadBalance(1.0, 1.0), InterestMargin(1.0, 1.0)])
def test_a_term_that_compares_scores_of_interests_is_refused_where_one_vector_scores(check, term):
    check("maximum", [ALONE], term)
    with pytest.raises(Mistake, match=r"aggregation must keep the interests .*=0, got .Weig"):
        check("weighted", [ALONE], term)


@pytest.mark.parametrize("losses", [[JOINT], [ALONE, JOINT], [MIXED, JOINT]])
def test_interests_that_serve_normalised_are_not_trained_together(check, losses):
    with pytest.raises(Mistake, match="loss must be mixture for aggregation=mixture"):
        check("mixture", losses)


@pytest.mark.parametrize(
    "options", [["loss=mixture", "aggregation=mixture"], ["loss.single_interest.weight=0"]]
)
def test_a_selection_that_learns_needs_a_loss_that_trains_its_choice(small, options):
    build_components(small("selection=l_published", *options))  # its layers stay as they are
    sentence = "selection must be one without weights, such as hard, where no loss trains what"
    with pytest.raises(Mistake, match=sentence):
        build_components(small("selection=l", *options))
