import json

import pytest

from bam.results.configuration import configurations
from bam.results.keys import differences
from bam.results.runs import runs


@pytest.fixture
def found(tmp_path):
    return lambda: configurations(runs(tmp_path))


@pytest.mark.parametrize(
    "circumstance",
    [
        {"seed": 2},
        {"name": "x"},
        {"device": "cuda"},
        {"threads": 4},
        {"tracker": {}},
        {"metric": {"mrr": {}}},
        {"evaluation__cutoffs": [5]},
        {"data_dir": "/elsewhere", "dataset__folder": "/elsewhere/small"},
    ],
)
def test_circumstances_do_not_make_another_configuration(finished, found, circumstance):
    finished("a")
    finished("b", **circumstance)
    assert len(found()) == 1


def test_an_option_makes_another_configuration_and_its_label(finished, found):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    assert [one.label for one in found()] == [
        {"dataset": "small", "backbone": "remi", "selection": "p", "selection.tau": tau}
        for tau in (0.5, 2)
    ]
    assert [one.name for one in found()] == ["tau 0.5", "tau 2"]


def test_a_whole_number_and_its_fraction_are_one_value(finished, found):
    finished("a", selection__tau=1)
    finished("b", selection__tau=1.0)
    assert len(found()) == 1


def test_a_label_holds_no_more_keys_than_it_needs(finished, found):
    """Where each selection has its own tau, the selection is enough."""
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2, choices={"selection": "l"})
    assert [list(one.label) for one in found()] == [["dataset", "backbone", "selection"]] * 2


def test_of_keys_that_always_agree_the_shortest_is_kept():
    configs = [{"dim": d, "backbone.dim": d, "same": 1} for d in (8, 16)]
    assert differences(configs) == {"dim": [8, 16]}


def test_numbers_are_in_order_and_what_lacks_them_comes_first(finished, found):
    for tau in (10, 2, 0.5, None):
        finished(f"t{tau}", selection__tau=tau)
    assert [one.label["selection.tau"] for one in found()] == [None, 0.5, 2, 10]


def test_a_component_is_called_by_its_name(finished, found):
    finished("a", likelihood___target_="bam.objective.likelihood.sampled_softmax.SampledSoftmax")
    finished("b", likelihood___target_="bam.objective.likelihood.full_softmax.FullSoftmax")
    assert found()[0].name == "likelihood FullSoftmax"


def test_a_seed_that_was_run_twice_counts_once(finished, found):
    finished("a", seed=1)
    finished("b", seed=1)
    finished("c", seed=2)
    [one] = found()
    assert len(one.runs) == 3 and [run.seed for run in one.finished] == [1, 2]


def of_data(folder, checksum):
    path = folder / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "data": checksum}))


def test_two_files_below_data_dir_are_two_rows_with_their_paths(finished, found):
    for name in ("a", "b"):
        path = {"dataset__path": f"data/{name}.txt", "dataset__folder": None}
        of_data(finished(name, **path), f"checksum of {name}")
    assert [one.label["dataset.path"] for one in found()] == ["data_dir:a.txt", "data_dir:b.txt"]
    assert not any("data" in one.label for one in found())


def test_one_data_set_with_two_contents_is_two_rows_that_do_not_compare(finished, found):
    for seed, checksum in enumerate(("1111", "2222", "2222")):
        of_data(finished(f"r{seed}", seed=seed), checksum)
    finished("old", seed=3)  # of a version that recorded none
    ones = found()
    assert [(one.label["data"], len(one.runs)) for one in ones] == [
        ("1111", 1),
        ("2222", 2),
        ("unknown", 1),
    ]
    assert len({one.block for one in ones}) == 3


def test_a_seed_that_has_not_opened_its_data_belongs_to_its_siblings(finished, unfinished, found):
    of_data(finished("a", seed=1), "1111")
    unfinished("b", seed=2)
    [one] = found()
    assert [run.seed for run in one.runs] == [1, 2]


def test_an_unfinished_seed_takes_its_choices_from_its_siblings(finished, unfinished, found):
    unfinished("a", seed=1)
    finished("b", seed=2)
    [one] = found()
    assert one.label["selection"] == "p"


def test_of_a_seed_that_was_run_twice_the_run_with_more_metrics_counts(finished, found):
    richer = finished("a", seed=1, users={"new@10": [0.5]})
    finished("b", seed=1)
    assert [run.folder for run in found()[0].finished] == [richer]


def test_a_split_that_differs_is_in_every_label(finished, found):
    """Even where the backbone is enough to know the rows by: they do not compare."""
    finished("a", split___target_="bam.data.split.time_cut.TimeCut")
    finished("b", choices={"backbone": "mind"})
    assert all("split._target_" in one.label for one in found())


def test_what_was_swept_or_searched_has_a_column_even_where_rows_differ_without_it(finished, found):
    for tau, lr in ((0.5, 0.01), (2, 0.001)):
        typed = {"selection.tau": f"{tau}", "optimizer.lr": f"{lr}", "dim": "8"}
        finished(f"{tau}", overrides=typed, selection__tau=tau, optimizer__lr=lr, dim=8)
    assert [list(one.label)[3:] for one in found()] == [["selection.tau", "optimizer.lr"]] * 2


def test_two_searched_keys_that_always_agree_have_a_column_each(finished, found):
    for n in (1, 2):
        typed = {"selection.tau": f"{n}", "+trainer.weight": f"{n}"}
        finished(f"{n}", overrides=typed, selection__tau=n, trainer__weight=n)
    assert [list(one.label)[3:] for one in found()] == [["selection.tau", "trainer.weight"]] * 2


def test_an_option_that_was_swept_is_named_and_not_each_of_its_parts(finished, found):
    for name, parts in (("A", {"beta": 1}), ("B", {"gamma": 2})):
        changes = {f"likelihood__{key}": value for key, value in parts.items()}
        likelihood = {"likelihood___target_": f"package.{name}", **changes}
        finished(name, overrides={"likelihood": name.lower()}, **likelihood)
    assert [list(one.label)[3:] for one in found()] == [["likelihood._target_"]] * 2
    assert [one.also for one in found()] == [{}, {}]


def test_what_a_choice_brings_along_outside_of_its_group_also_differs(finished, found):
    """As REMI's regularisation does, which is weaker with p than with hard."""
    for choice, weight in (("hard", 100), ("p", 0)):
        finished(
            choice,
            choices={"selection": choice},
            selection___target_=f"bam.{choice}",
            selection__tau=None if choice == "hard" else 1,
            regularisation__routing={"weight": weight, "batch_size": 128},
        )
    assert [one.also for one in found()] == [
        {"regularisation.routing.weight": 100},
        {"regularisation.routing.weight": 0},
    ]


def test_a_number_that_two_choices_set_differently_also_differs(finished, found):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2, choices={"selection": "l"})
    assert [one.also for one in found()] == [{"selection.tau": 2}, {"selection.tau": 0.5}]


def test_a_copy_of_a_number_and_the_parts_of_a_component_do_not_differ_again(finished, found):
    finished("a", choices={"backbone": "mind"}, history_length=20)
    routing = {"_target_": "bam.Routing", "history_length": 50, "batch_size": 128}
    finished("b", history_length=50, regularisation__routing=routing)
    assert [one.also for one in found()] == [
        {"history_length": 20, "regularisation.routing._target_": None},
        {"history_length": 50, "regularisation.routing._target_": "bam.Routing"},
    ]


def test_what_follows_from_the_experiment_of_a_row_is_not_named_again(finished, found):
    for name, backbone, dim in (("bach", "comirec_sa", 32), ("sasrec", "sasrec", 64)):
        typed = {"experiment": name, "dataset": "small"}
        finished(name, choices={"backbone": backbone}, overrides=typed, dim=dim, seed=2)
    typed = {"experiment": "bach", "num_interests": "1"}
    finished("k1", choices={"backbone": "comirec_sa"}, overrides=typed, dim=32, num_interests=1)
    several = found()
    assert [one.name for one in several] == ["bach", "bach, num_interests 1", "sasrec"]
    assert [one.also for one in several] == [{}, {}, {}]
    assert {one.label["backbone"] for one in several} == {"comirec_sa", "sasrec"}


def test_one_experiment_in_all_rows_is_no_label(finished, found):
    for tau in (1, 2):
        finished(f"{tau}", overrides={"experiment": "demo"}, selection__tau=tau)
    assert [one.name for one in found()] == ["tau 1", "tau 2"]
    assert "experiment" not in found()[0].label
