"""Rows, their correction for several tests, what is left to run, and mean ranks."""

from dataclasses import replace

import numpy as np
import pytest

from bam.results.board.cells import HEAD, lines_of
from bam.results.board.cost import costs, minutes_of
from bam.results.board.holm import holm
from bam.results.board.page import machine
from bam.results.board.plan import BASELINES, PROTOCOLS
from bam.results.board.ranking import ranking
from bam.results.board.rows import rows_of
from tests.results.board.conftest import METHODS, board, gain, result

CLEAN = PROTOCOLS[0]


def find(rows, method, data="ml100k", protocol="clean"):
    [row] = [
        one
        for one in rows
        if (one.method.name, one.data, one.protocol.name) == (method, data, protocol)
    ]
    return row


def test_holm_s_correction_is_that_of_the_paper():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


def test_a_verdict_counts_all_methods_of_the_page_and_none_of_another():
    alone = rows_of(board(result("remi"), gains=[gain("remi", p=0.02)]), METHODS)
    assert find(alone, "remi").gains["comirec_sa", "ndcg@10"].verdict == "better"
    gains = [gain("remi", p=0.02), gain("mind", -0.01, p=0.04), gain("sine", p=0.5)]
    other = [gain("remi", p=0.001, data="ml1m"), gain("remi", p=0.001, metric="recall@10")]
    rows = rows_of(board(result("remi"), result("mind"), gains=[*gains, *other]), METHODS)
    one = find(rows, "remi").gains["comirec_sa", "ndcg@10"]
    assert (one.p, one.tests, one.verdict) == (pytest.approx(0.06), 3, "no clear difference")
    assert find(rows, "remi").gains["comirec_sa", "recall@10"].verdict == "better"


def test_a_worse_method_is_called_worse():
    rows = rows_of(board(result("remi"), gains=[gain("remi", -0.01, p=0.001)]), METHODS)
    assert find(rows, "remi").gains["comirec_sa", "ndcg@10"].verdict == "worse"


def test_a_row_has_the_command_of_all_of_its_seeds_and_one_that_is_not_run_has_one_too():
    rows = rows_of(board(result("remi", seed=7), result("remi", seed=8)), METHODS)
    command = "bam train -m experiment=remi dataset=ml100k seed=7,8 threads=1"
    assert find(rows, "remi").command == command
    unseen = find(rows, "remi", "ml1m", "comirec").command
    assert unseen == (
        "bam train -m experiment=remi dataset=ml1m evaluation=comirec seed=2021,2022,2023 threads=1"
    )


def test_the_best_comes_first_and_what_is_not_run_last():
    stored = board(result("comirec_sa", **{"ndcg@10": 0.1}), result("remi", **{"ndcg@10": 0.2}))
    page = [
        row for row in rows_of(stored, METHODS) if (row.data, row.protocol) == ("ml100k", CLEAN)
    ]
    assert [row.method.name for row in page] == ["remi", "comirec_sa", "comirec_sa_k1"]


def test_what_is_stored_beside_the_methods_has_a_row_where_it_was_run():
    rows = rows_of(board(result("remi selection=p")), METHODS)
    assert [row.data for row in rows if row.method.title == "REMI selection=p"] == ["ml100k"]


def test_minutes_of_what_is_not_run_are_a_step_elsewhere_times_the_steps_here():
    rows = rows_of(board(result("remi", steps=6000, minutes=2.0)), METHODS)
    assert minutes_of(find(rows, "remi", "ml1m"), rows) == pytest.approx(8.0)  # of 24,000 steps
    assert minutes_of(find(rows, "remi", "ml100k", "comirec"), rows) == 2.0
    assert minutes_of(find(rows, "comirec_sa", "ml1m"), rows) is None


def test_minutes_are_those_of_the_quickest_seed_step_for_step():
    slow, short = result("remi", minutes=9.0), result("remi", seed=2, steps=3000, minutes=1.0)
    [row] = [row for row in rows_of(board(slow, short), METHODS) if row.runs]
    assert row.minutes == pytest.approx(1.5)  # 4,500 steps of 1 / 3000 of a minute
    rows = rows_of(board(result("popularity", steps=0, minutes=0.5)), METHODS)
    assert [row.minutes for row in rows if row.runs] == [0.5]


def test_minutes_are_of_the_machine_that_is_named():
    quick = replace(result("remi", minutes=1.0), machine="GPU", date="2026-11-01")
    slow = replace(result("remi", seed=2, minutes=60.0), machine="laptop")
    stored = board(quick, slow, replace(result("comirec_sa"), machine="laptop"))
    rows = rows_of(stored, METHODS)
    row = find(rows, "remi")
    assert (row.minutes, machine(row)) == (pytest.approx(1.0), "GPU")
    line = next(line for line in lines_of(rows) if line[0].text == "REMI")
    shown = dict(zip(HEAD, line, strict=True))
    assert [shown[name].text for name in ("minutes", "machine", "date")] == [
        "1.0", "GPU", "2026-11-01"]  # fmt: skip


def test_minutes_are_longer_where_the_steps_of_other_methods_are():
    slow = result("comirec_sa", data="ml1m", steps=24_000, minutes=24.0)
    stored = board(result("remi", minutes=2.0), result("comirec_sa", minutes=3.0), slow)
    rows = rows_of(stored, METHODS)
    assert minutes_of(find(rows, "remi", "ml1m"), rows) == pytest.approx(8.0 * 2)


def test_the_cost_of_a_page_is_that_of_the_seeds_that_its_methods_lack():
    runs = [result("remi", minutes=2.0), result("remi", seed=2, minutes=2.0)]
    counted = result("comirec_sa", steps=0)  # the same with every seed
    rows = rows_of(board(*runs, counted), METHODS)
    [here, unseen] = [one for one in costs(rows) if one.data == "ml100k"]
    assert (here.run, here.fewer, here.missing, here.minutes) == (2, 1, 1, 6.0)
    assert (here.left, here.unknown) == (pytest.approx(2.0), 1)
    assert (unseen.run, unseen.fewer, unseen.missing) == (0, 0, 3)


def test_ranks_are_of_methods_that_all_of_the_data_sets_have():
    values = {"comirec_sa": (0.1, 0.3, 0.1), "remi": (0.2, 0.2, 0.2), "comirec_sa_k1": (0.05, 0.1)}
    stored = board(
        *(
            result(method, data=data, **{"ndcg@10": value})
            for method, of_data in values.items()
            for data, value in zip(("ml100k", "ml1m", "yelp_s3rec"), of_data, strict=False)
        )
    )
    found = ranking(rows_of(stored, METHODS), CLEAN)
    assert found.data == ["ml100k", "ml1m"] or len(found.data) * len(found.found.names) == 6
    assert found.found.names[-1] in ("ComiRec-SA, K = 1", "ComiRec-SA")
    assert np.allclose(found.found.ranks.sum(1), sum(range(1, len(found.found.names) + 1)))


def test_one_method_or_none_has_no_rank():
    assert ranking(rows_of(board(), METHODS), CLEAN) is None
    assert ranking(rows_of(board(result("remi")), METHODS), CLEAN) is None


def test_the_baselines_are_methods_of_the_board():
    from bam.config.board import board_methods

    methods = {method.name: method for method in board_methods()}
    assert methods.keys() >= BASELINES.keys() and len(methods) > 30
    assert methods["remi"].steps["ml1m"] == 24_000 and "ml100k" not in methods["remi"].steps
    assert methods["popularity"].steps == {} and methods["remi"].title == "REMI"


def test_every_method_with_a_card_is_on_the_board_where_the_data_have_what_it_needs():
    from bam.config.board import board_methods
    from bam.config.card import read_cards

    methods = {method.name: method for method in board_methods()}
    assert {card.name for card in read_cards()} <= methods.keys()
    few = {name for name, method in methods.items() if "yelp_s3rec" not in method.data}
    assert few == {"features", "sasrec_times"}
    assert methods["features"].data == ("ml100k", "ml1m")


def test_the_best_has_the_first_rank():
    stored = board(
        *(
            result(name, data=data, **{"ndcg@10": value})
            for data in ("ml100k", "ml1m")
            for name, value in (("comirec_sa", 0.1), ("remi", 0.2))
        )
    )
    found = ranking(rows_of(stored, METHODS), PROTOCOLS[0])
    assert found.found.names == ["REMI", "ComiRec-SA"]
    assert found.found.means.tolist() == [1, 2]
