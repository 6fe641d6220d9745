"""What a config node may hold, and what is refused."""

import pytest

from bam.config.instantiate import build, component
from bam.errors import Mistake

SOFT = "bam.objective.selection.soft.drawn"


def test_nested_nodes_become_objects():
    node = {
        "_target_": "bam.objective.selection.soft.Drawn",
        "tau": 2,
        "correlation": {
            "_target_": "bam.objective.selection.linear.Linear",
            "dim": "4",
            "linear_size": 2,
        },
    }
    drawn = build(node, "selection")
    assert drawn.tau == 2.0 and isinstance(drawn.tau, float)
    assert drawn.correlation.of_item.in_features == 4


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"_target_": SOFT, "tau": "abc"}, "selection.tau must be float, got 'abc'"),
        (
            {"_target_": SOFT, "tau": 1, "tua": 1},
            "selection.tua is no option of drawn; it has: tau",
        ),
        ({"_target_": SOFT}, "selection.tau must be given"),
        ({"_target_": SOFT, "tau": "???"}, "selection.tau must be given"),
        ({"_target_": SOFT, "tau": None}, "selection.tau must be float, got None"),
        (
            {"_target_": "bam.objective.selection.nix.Nix"},
            "_target_ must name what can be imported",
        ),
        ({"tau": 1}, "selection must have a _target_"),
        (5, "selection must have a _target_, got 5"),
    ],
)
def test_a_wrong_node_is_refused_in_one_sentence(node, message):
    with pytest.raises(Mistake) as error:
        component(node, "selection")
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "value"), [("False", False), ("true", True), ("no", False)])
def test_a_boolean_is_read_as_it_is_written(text, value):
    node = {"_target_": "torch.optim.Adam", "_partial_": True, "amsgrad": text}
    assert build(node, "optimizer").keywords == {"amsgrad": value}


def test_a_whole_number_is_not_cut_from_a_fraction():
    node = {
        "_target_": "bam.evaluation.evaluator.Evaluator",
        "protocol": {"_target_": "bam.evaluation.protocol.clean.Clean"},
        "cutoffs": [10],
        "users_per_block": {"cpu": 1},
        "items_per_block": {"cpu": 1},
        "memory_mb": 2.5,
    }
    with pytest.raises(Mistake, match=r"memory_mb must be int, got 2\.5"):
        build(node, "evaluation")


def test_a_value_where_a_component_belongs_is_refused():
    node = {
        "_target_": "bam.objective.selection.soft.Drawn",
        "tau": 1,
        "correlation": "soft",
    }
    with pytest.raises(Mistake, match=r"selection\.correlation must be Module, got 'soft'"):
        build(node, "selection")


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"_target_": SOFT, "tau": 0}, "selection.tau must be above 0, got 0.0"),
        (
            {"outer": {"_target_": SOFT, "tau": 0}},
            "selection.outer.tau must be above 0, got 0.0",
        ),
        (
            {
                "_target_": "bam.model.aggregation.gate.Gate",
                "dim": 4,
                "hidden": 0,
                "history": False,
                "pooling": {"_target_": "bam.model.aggregation.maximum.Maximum"},
            },
            "aggregation.hidden must be at least 1, got 0",
        ),
    ],
)
def test_a_mistake_of_a_constructor_gets_the_path_of_its_option_once(node, message):
    with pytest.raises(Mistake) as error:
        build(node, message.partition(".")[0])
    assert str(error.value) == message


def test_a_mistake_of_a_component_that_is_built_later_gets_the_path_too():
    node = {
        "_target_": "bam.training.optimizer.adamw.adamw",
        "_partial_": True,
        "lr": 1,
        "weight_decay": -1,
        "fused": False,
    }
    with pytest.raises(Mistake, match=r"^optimizer\.weight_decay must be at least 0, got -1\.0"):
        build(node, "optimizer")([])


@pytest.mark.parametrize("text", ["raw.csv:3: a field is missing", "no such file", "a.tau: broken"])
def test_a_mistake_about_no_option_stays_as_it_is(monkeypatch, text):
    def drawn(tau: float, raw: str):
        raise Mistake(text)

    drawn.__module__, drawn.__qualname__ = SOFT.removesuffix(".drawn"), "drawn"
    monkeypatch.setattr("bam.objective.selection.soft.drawn", drawn)
    with pytest.raises(Mistake) as error:
        build({"_target_": SOFT, "tau": 1, "raw": "raw.csv"}, "selection")
    assert str(error.value) == text
