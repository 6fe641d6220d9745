"""A table with what a reader must know: users, seeds, what was chosen, what else differs."""

import json

import pytest

from bam.errors import Mistake
from bam.results.configuration import configurations
from bam.results.runs import runs
from bam.results.summary import summary
from bam.results.view import View

NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def sheet(tmp_path):
    return lambda view=NOTHING: summary(configurations(runs(tmp_path)), view)


def column(sheet, name):
    return [row[sheet.head.index(name)].text for row in sheet.rows]


def note(sheet, start):
    return next((note for note in sheet.notes if note.startswith(start)), None)


def test_validation_is_beside_test_in_the_same_metrics(finished, sheet):
    finished("a", seed=1, valid={"recall@10": 0.5, "ndcg@10": 0.25})
    finished("b", seed=2, valid={"recall@10": 0.25, "ndcg@10": 0.25})
    found = sheet(View({}, "ndcg@10", ["recall@10", "ndcg@10"], []))
    assert found.head[4:] == ["recall@10", "ndcg@10", "valid recall@10", "valid ndcg@10"]
    assert column(found, "valid recall@10") == [".3750 ± .1768"]


def test_of_many_metrics_the_one_that_chooses_is_shown_of_both_kinds_of_users(finished, sheet):
    users = {f"new{n}@10": [0.5] for n in range(5)}
    finished("a", users=users, valid={"recall@20": 0.1}, trainer__metric="recall@20")
    head = sheet().head
    assert "recall@20" in head and "valid recall@20" in head and "ndcg@20" not in head


def test_what_validation_chooses_is_marked_and_bold_stays_the_best_of_test(finished, sheet):
    for dataset in ("one", "two"):
        for tau, valid, ranks in ((0.5, 0.1, [1, 1]), (2, 0.2, [1, 15])):
            finished(
                f"{dataset}{tau}",
                ranks,
                {"dataset": dataset},
                valid={"recall@20": valid},
                trainer__metric="recall@20",
                selection__tau=tau,
                dataset__name=dataset,
            )
    found = sheet(View({}, "", ["recall@10"], []))
    assert column(found, "valid recall@20") == [".1000", ".2000†"] * 2
    styles = [row[found.head.index("recall@10")].style for row in found.rows]
    assert styles == ["best", "plain"] * 2 and found.breaks == (0, 2)
    assert "by recall@20" in note(found, "†")


def test_without_a_choice_nothing_is_marked(finished, sheet):
    finished("a", valid={"recall@20": 0.1})
    found = sheet(View({}, "", ["recall@20"], []))
    assert column(found, "valid recall@20") == [".1000"] and note(found, "†") is None


def test_the_note_names_what_else_differs_and_in_which_rows(finished, sheet):
    for backbone in ("mind", "remi"):
        for choice in ("hard", "p"):
            weight = {("remi", "hard"): 100, ("remi", "p"): 0}.get((backbone, choice))
            routing = {"weight": weight, "batch_size": 128} if backbone == "remi" else None
            parts = {"regularisation": {"routing": routing} if routing else {}}
            choices = {"backbone": backbone, "selection": choice}
            config = {f"{key}___target_": f"bam.{value}" for key, value in choices.items()}
            finished(f"{backbone}{choice}", choices=choices, **config, **parts)
    words = "regularisation.routing.weight none (mind), 100 (remi hard), 0 (remi p)"
    assert words in note(sheet(), "Also differ")


def test_a_searched_number_is_no_cause_of_what_a_choice_brings_along(finished, sheet):
    """Each of its values is of one row, so that every other key follows from it."""
    for n in range(26):
        choice, weight = (("hard", 100), ("p", 0))[n % 2]
        finished(
            f"{n}",
            choices={"selection": choice},
            overrides={"optimizer.lr": f"{n}"},
            optimizer__lr=n,
            selection__tau=None if choice == "hard" else 1,
            negatives__weight=weight,
        )
    assert note(sheet(), "Also differ") == "Also differ: negatives.weight 100 (hard), 0 (p)."


def test_the_rows_of_a_data_set_are_together_whatever_the_experiments(finished, sheet):
    for data in ("ml100k", "ml1m"):
        for name in ("mind", "remi"):
            typed = {"experiment": name, "dataset": data}
            choices = {"dataset": data, "backbone": name}
            own = {"dataset__name": data, "backbone__dim": ord(name[0])}
            finished(f"{data}-{name}", choices=choices, overrides=typed, **own)
    found = sheet()
    assert [row[0].text for row in found.rows] == ["ml100k", "ml100k", "ml1m", "ml1m"]
    assert found.head[:2] == ["dataset", "experiment"] and found.breaks == (0, 2)


def test_columns_are_added_by_name_or_by_group(finished, sheet):
    finished("a")
    found = sheet(View({}, "", ["mrr"], [], ["balance", "seconds", "recall@10"]))
    assert found.head[4:] == ["mrr", "recall@10", "entropy", "dead", "cosine", "seconds"]
    assert [cell.text for cell in found.rows[0][6:]] == [".800", "0", ".500", "2.5"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(finished, sheet):
    finished("a")
    with pytest.raises(Mistake, match=r"columns must be some of balance, .*mrr, got 'entropie'"):
        sheet(View({}, "", [], [], ["entropie"]))


def test_a_note_names_the_users_and_seeds_of_a_comparison(finished, sheet):
    finished("a", ranks=[1, 1, 1, 99] * 50, selection__tau=0.5)
    finished("b", ranks=[1, 1, 99, 99] * 50, selection__tau=2)
    words = note(sheet(View({"selection.tau": 2}, "recall@10", [], [])), "Δ")
    assert "users (200)" in words and "both rows have (1)" in words
    assert "Bonferroni" not in words  # one comparison needs no correction


def test_the_comparisons_of_all_data_sets_of_a_table_are_corrected_together(finished, sheet):
    for dataset in ("one", "two"):
        for tau, ranks in ((0.5, [1, 1, 99]), (2, [1, 99, 99])):
            choices = {"dataset": dataset}
            names = {"selection__tau": tau, "dataset__name": dataset}
            finished(f"{dataset}{tau}", ranks * 20, choices, **names)
    words = note(sheet(View({"selection.tau": 2}, "recall@10", [], [])), "Δ")
    assert "2 comparisons of this table, on 2 data sets (Bonferroni)" in words


def test_a_note_names_tables_of_one_seed(finished, sheet):
    finished("a")
    assert "one seed a row" in note(sheet(), "Test users")


def test_a_note_names_rows_of_different_seeds(finished, sheet):
    for seed, tau in ((1, 0.5), (2, 0.5), (1, 2)):
        finished(f"{seed}{tau}", seed=seed, selection__tau=tau)
    words = note(sheet(), "Careful: rows have different seeds")
    assert "1 with 1, 1 with 1 and 2" in words
    finished("22", seed=2, selection__tau=2)
    assert note(sheet(), "Careful") is None


def test_failed_and_unfinished_runs_are_counted(finished, unfinished, sheet):
    finished("a", seed=1)
    unfinished("b", seed=2)
    failed = {"status": "failed", "error": "Mistake: no"}
    (unfinished("c", seed=3) / "results.json").write_text(json.dumps(failed))
    assert (
        note(sheet(), "Of 3 runs") == "Of 3 runs, 1 failed and 1 unfinished: no figure is of them."
    )


def test_a_note_names_runs_by_different_code(finished, sheet):
    for seed, code in ((1, "aaaa"), (2, "bbbb"), (3, "aaaa")):
        path = finished(f"{seed}", seed=seed) / "results.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "code": code}))
    assert "2 by aaaa, 1 by bbbb" in note(sheet(), "Careful: the runs are by different code")


def test_a_row_that_has_trained_on_validation_too_is_stated_in_every_table(finished, sheet):
    finished("a", refit=True)
    found = sheet()
    assert column(found, "refit") == ["True"]
    assert "weights that are tested are those of as many steps on train + validation" in note(
        found, "refit=true (all rows)"
    )
    assert note(found, "Careful: rows with refit=true") is None
    finished("b", refit=False)
    mixed = sheet()
    assert sorted(column(mixed, "refit")) == ["False", "True"]
    assert note(mixed, "refit=true (1 of 2 rows)") and note(mixed, "Careful: rows with refit=true")


def test_without_such_a_row_no_table_has_a_word_of_it(finished, sheet):
    finished("a", refit=False)
    found = sheet()
    assert "refit" not in found.head and not any("refit" in line for line in found.notes)
