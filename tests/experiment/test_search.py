"""A search gets its points from a study, and each point is a normal run."""

import signal
from functools import partial

import pytest

from bam.config.checked import compose_checked
from bam.config.space import ends
from bam.errors import Mistake
from bam.experiment.parts.values import check_values
from tests.experiment.planted import PLANTED, TOO_MANY, process, results, rows, until

optuna = pytest.importorskip("optuna")
from bam.experiment.sweep.search import lock, open_study  # noqa: E402

SEARCH = (
    *(option for option in PLANTED if "optimizer" not in option),
    "trainer.max_steps=100",
    "hydra.sweep.dir=search",
)


def study(folder):
    return optuna.load_study(study_name="search", storage=f"sqlite:///{folder}/study.db")


def test_a_search_maximises_the_validation_metric_and_goes_on(start, tmp_path):
    start("search.py", *SEARCH, "hydra.sweeper.trials=1")
    start("search.py", *SEARCH, "hydra.sweeper.trials=3", "hydra.sweeper.at_once=2")
    trials = study(tmp_path / "search").trials
    runs = [results(path) for path in (tmp_path / "search").iterdir() if path.is_dir()]
    assert len(trials) == len(runs) == len(rows(tmp_path / "search")) == 3
    assert sorted(trial.value for trial in trials) == sorted(
        run["valid"]["recall@20"] for run in runs
    )
    proposed = {str(trial.params["selection.tau"]) for trial in trials}
    assert proposed == {run["overrides"]["selection.tau"] for run in runs}


def test_a_search_ends_where_its_data_change(start, tmp_path):
    raw = tmp_path / "raw.txt"
    own = [option for option in SEARCH if not option.startswith("dataset")]
    command = (*own, "dataset=file", "dataset.path=raw.txt", "trainer.max_steps=1")
    lines = [f"{user} {1 + (user + n) % 9}\n" for user in range(1, 21) for n in range(6)]
    raw.write_text("".join(lines))
    start("search.py", *command, "hydra.sweeper.trials=1")
    raw.write_text("".join(lines[:-6]))
    for _ in range(2):
        with pytest.raises(SystemExit, match="holds trials of different data: their checksums"):
            start("search.py", *command, "hydra.sweeper.trials=2")
    assert [trial.value for trial in study(tmp_path / "search").trials][1:] == [None]


@pytest.mark.processes
def test_a_killed_search_goes_on_with_the_trial_it_was_at(start, tmp_path):
    command = (*SEARCH, "trainer.max_steps=300", f"data_dir={tmp_path}/data")
    killed = process(tmp_path, "search.py", *command)
    until(lambda: any(tmp_path.glob("search/*/metrics.jsonl")))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (run,) = tmp_path.glob("search/*/config.yaml")
    start("search.py", *command, "hydra.sweeper.trials=1")
    (trial,) = study(tmp_path / "search").trials
    assert trial.value == results(run.parent)["valid"]["recall@20"]


def test_a_failed_trial_is_stored_as_failed(start, tmp_path):
    with pytest.raises(SystemExit, match="1 of 1 points"):
        start("search.py", *SEARCH, "hydra.sweeper.trials=1", f"num_negatives={TOO_MANY}")
    assert study(tmp_path / "search").trials[0].state == optuna.trial.TrialState.FAIL


def test_a_failed_point_is_tried_again_by_the_same_command(start, tmp_path):
    command = (*SEARCH, "trainer.max_steps=0", "dataset=file", "dataset.path=late.txt",
               "hydra.sweeper.trials=2")  # fmt: skip
    with pytest.raises(SystemExit, match="2 of 2 points"):
        start("search.py", *command)
    (tmp_path / "late.txt").write_text("".join(f"1 {item}\n" for item in range(1, 9)))
    start("search.py", *command)
    trials = study(tmp_path / "search").trials
    assert [trial.state.name for trial in trials] == ["FAIL", "FAIL", "COMPLETE", "COMPLETE"]
    assert [trial.params for trial in trials[:2]] == [trial.params for trial in trials[2:]]
    start("search.py", *command)
    assert len(study(tmp_path / "search").trials) == 4


def test_a_point_whose_proposal_was_killed_comes_again_as_a_whole(start, tmp_path):
    start("search.py", *SEARCH, "trainer.max_steps=0", "hydra.sweeper.trials=1")
    study(tmp_path / "search").ask()  # without its values
    start("search.py", *SEARCH, "trainer.max_steps=0", "hydra.sweeper.trials=2")
    *_, last = study(tmp_path / "search").trials
    assert last.state.name == "COMPLETE" and last.params.keys() == {"optimizer.lr", "selection.tau"}


SPACE = ("~hydra.sweeper.space.optimizer", "~hydra.sweeper.space.selection")


@pytest.mark.parametrize(
    ("key", "choices", "value"),
    [
        ("backbone", "[comirec_sa]", "comirec_sa"),
        ("selection", "[hard]", "hard"),
        ("loss", "[single_interest]", "single_interest"),
        ("trainer.clip_norm", "[1e-3]", "0.001"),
        ("evaluation.cutoffs", "['[5,20]']", "[5,20]"),
        ("group_by_length", "[2]", "2"),
    ],
)
def test_a_choice_of_names_or_values_is_searched(start, tmp_path, key, choices, value):
    space = f"{{_target_:optuna.distributions.CategoricalDistribution,choices:{choices}}}"
    option = f"+hydra.sweeper.space.{key}={space}"
    start("search.py", *SEARCH, "trainer.max_steps=0", "hydra.sweeper.trials=1", *SPACE, option)
    (run,) = [results(path) for path in (tmp_path / "search").iterdir() if path.is_dir()]
    assert run["overrides"][key] == value


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("selection=hard", "'~hydra.sweeper.space.selection.tau' leaves it out"),
        (
            "optimizer.lr=1",
            "optimizer.lr must be searched or given; '~hydra.sweeper.space.optimizer",
        ),
        ("experiment=num_interests", "experiment must be no sweep, for a search proposes its own"),
        ("hydra.sweeper.storage=a.db", "storage must be like sqlite:///FILE, got 'a.db'"),
        ("hydra.sweeper.storage=foo://me:secret@bar", r"that Optuna can open \([\w ]+\); correct"),
        ("hydra.sweeper.storage=sqlite:///no/s.db", "can open .unable to open database file"),
        ("hydra.sweeper.at_once=0", "hydra.sweeper.at_once must be at least 1, got 0"),
        ("+hydra.sweeper.space.dim=8", "hydra.sweeper.space.dim must be a distribution of Optuna"),
        ("hydra.sweeper.space.selection.tau.low=99", "space.selection.tau must be a distribution:"),
        (
            "hydra.sweeper.space.selection.tau.low=x",
            "hydra.sweeper.space.selection.tau.low must be float, got 'x'",
        ),
    ],
)
def test_a_wrong_search_is_refused_in_one_sentence(start, tmp_path, option, sentence):
    with pytest.raises(SystemExit, match=sentence):
        start("search.py", *SEARCH, option)
    assert not list(tmp_path.glob("search/*.db"))


def distribution(kind, text):
    return f"{{_target_:optuna.distributions.{kind}Distribution,{text}}}"


def test_values_that_fail_with_some_others_are_warned_of_and_with_all_refused(start, caplog):
    place, choices = "+hydra.sweeper.space", partial(distribution, "Categorical")
    given = [word for word in SEARCH if word != "dim=16"]
    words = [*given, "backbone=transformer", "~hydra.sweeper.space.selection"]
    words += [f"{place}.dim={choices('choices:[8,12]')}", "hydra.sweeper.trials=1"]
    heads = f"{place}.backbone.heads={choices('choices:[2,3]')}"
    check_values(compose_checked("search", [*words, heads], True), trains=True)
    assert caplog.text.count("heads must divide dim 8, got 3") == 1
    with pytest.raises(SystemExit, match="heads must divide dim 8, got 5"):
        start("search.py", *words, f"{place}.backbone.heads={choices('choices:[5,7]')}")


def test_the_highest_value_of_a_step_is_checked():
    space = {"dim": {"low": 2, "high": 7, "step": 2}, "x": {"low": 0.0, "high": 1.0, "step": 0.3}}
    assert list(ends(space)) == [["dim=2", "dim=6"], ["x=0.0", "x=0.9"]]


def test_other_choices_than_those_of_the_study_are_refused(start):
    space = "+hydra.sweeper.space.backbone={_target_:optuna.distributions.CategoricalDistribution,"
    command = (*SEARCH, *SPACE, "trainer.max_steps=0")
    start("search.py", *command, "hydra.sweeper.trials=1", f"{space}choices:[remi]}}")
    with pytest.raises(SystemExit, match="space must be that of the study in search"):
        start("search.py", *command, "hydra.sweeper.trials=2", f"{space}choices:[remi,mind]}}")


def test_other_options_than_those_of_the_study_are_refused(start):
    command = (*SEARCH, "trainer.max_steps=0", "hydra.sweeper.trials=1")
    start("search.py", *command)
    with pytest.raises(SystemExit, match=r"that of the study in search \(it has optimizer.lr, sel"):
        start("search.py", *command, "~hydra.sweeper.space.selection")


def test_a_search_goes_on_with_the_same_options_alone(tmp_path):
    config = {"data_dir": "a", "dataset": {"path": "a/x"}, "trainer": {"metric": "mrr"}}
    opened = partial(open_study, tmp_path, "s", f"sqlite:///{tmp_path}/s.db")
    opened({**config, "dataset": {"path": "a/typo"}})  # it has no trial
    opened(config).ask()
    opened({**config, "data_dir": "b", "dataset": {"path": "b/x"}, "device": "cuda"})
    with pytest.raises(Mistake, match=r"holds a search with trainer.metric=mrr, got recall@20; gi"):
        opened({**config, "trainer": {"metric": "recall@20"}})


def test_a_damaged_study_is_one_sentence(tmp_path):
    (tmp_path / "s.db").write_text("x" * 5000)
    with pytest.raises(Mistake, match="file is not a database"):
        open_study(tmp_path, "s", f"sqlite:///{tmp_path}/s.db", {})


def test_a_study_is_opened_by_one_process_at_a_time(tmp_path):
    with (
        lock(tmp_path),
        pytest.raises(Mistake, match="is in use by another search"),
        lock(tmp_path),
    ):
        pytest.fail("it was not locked")


def test_a_search_of_nothing_is_refused(start):
    with pytest.raises(SystemExit, match="space must name what is searched"):
        start(
            "search.py", *SEARCH, "~hydra.sweeper.space.optimizer", "~hydra.sweeper.space.selection"
        )
