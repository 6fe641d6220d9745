"""Each figure's numbers, from folders as runs leave them."""

import json
import os
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import stats

from bam.results.configuration import configurations
from bam.results.report.blocks import blocks
from bam.results.report.figure.by_group import by_history, by_popularity, quantile_groups
from bam.results.report.figure.by_user import by_user, counted
from bam.results.report.figure.by_user import shares as user_shares
from bam.results.report.figure.cost import cost
from bam.results.report.figure.critical_difference import compare_ranks, critical_difference
from bam.results.report.figure.curves import curves
from bam.results.report.figure.forest import forest
from bam.results.report.figure.heat import heat
from bam.results.report.figure.legend import wrap
from bam.results.report.figure.line import line
from bam.results.report.figure.rows import GAP, LINE, Rows
from bam.results.report.figure.search_history import search_history
from bam.results.report.figure.search_importance import importance, search_importance
from bam.results.report.figure.search_options import search_options
from bam.results.report.figure.shares import shares
from bam.results.report.figure.trade import trade
from bam.results.report.overview import best_sentence
from bam.results.report.picture import file_name
from bam.results.report.search import search
from bam.results.report.style import COLOURS
from bam.results.report.values import Pairs
from bam.results.runs import runs
from bam.results.summary import measure
from bam.results.view import View

NOTHING = View({}, "ndcg@10", [], [])


@pytest.fixture
def found(tmp_path):
    def read(view=NOTHING):
        ones = configurations(runs(tmp_path))
        return blocks(ones, view, *measure(ones, view))

    return read


def texts(axes):
    return [text.get_text() for text in axes.texts]


def lines(axes):
    """The points of each line."""
    return [list(map(tuple, line.get_xydata().tolist())) for line in axes.lines]


def test_a_heat_map_where_tau_and_linear_size_vary(finished, found):
    for tau in (0.5, 2):
        for size in (4, 16):
            finished(f"{tau}-{size}", [1, size], selection__tau=tau, selection__linear_size=size)
    [block] = found()
    [picture] = heat(block)
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    assert texts == [".7153", ".7153", ".5000", ".5000"] and line(block) == []


def test_a_line_where_only_one_varies_and_a_dashed_one_for_what_lacks_it(finished, found):
    finished("a", selection__tau=0.5)
    finished("b", selection__tau=2)
    finished("c", choices={"selection": "hard"}, selection__tau=None)
    [block] = found()
    [picture] = line(block)
    names = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert sorted(names) == ["hard", "p"] and heat(block) == []


def test_neither_where_neither_varies(finished, found):
    finished("a")
    [block] = found()
    assert heat(block) == line(block) == []


def test_other_settings_get_a_heat_map_each(finished, found):
    for dim in (8, 16):
        for place in ((1, 4), (1, 8), (2, 4)):
            finished(
                f"{dim}-{place}", dim=dim, selection__tau=place[0], selection__linear_size=place[1]
            )
    assert [picture.title for picture in heat(found()[0])] == [
        "small, dim 8: ndcg@10 of test users",
        "small, dim 16: ndcg@10 of test users",
    ]


def test_shares_are_ordered_before_seeds_are_averaged(finished, found):
    for seed, share in ((1, [0.2, 0.8]), (2, [0.6, 0.4])):
        lines = [json.dumps({"step": step, "share": share}) + "\n" for step in (1, 2)]
        (finished(f"{seed}", seed=seed) / "metrics.jsonl").write_text("".join(lines))
    [picture] = shares(found()[0])
    largest = picture.figure.axes[0].collections[0].get_paths()[0].vertices
    assert largest[:, 1].max() == pytest.approx((0.8 + 0.6) / 2)


def test_the_best_and_the_baseline_have_colours_and_no_more_than_there_are_colours(finished, found):
    for tau in range(1, 10):
        finished(f"{tau}", [tau, 99], selection__tau=tau)
    [block] = found(View({"selection.tau": 9}, "ndcg@10", [], []))
    assert list(block.colours) == ["tau 1", "tau 2", "tau 3", "tau 4", "tau 5", "tau 9"]
    assert list(block.colours.values()) == COLOURS


def test_figures_show_any_metric_and_put_the_lowest_first_where_lower_is_better(finished, found):
    for tau in range(1, 10):
        finished(f"{tau}", selection__tau=tau, lists={"gini@10": tau / 10})
    finished("without", selection__tau=10)
    [block] = found(View({}, "gini@10", [], []))
    assert list(block.colours) == [f"tau {tau}" for tau in range(1, 7)]
    [picture] = line(block)
    assert picture.figure.axes[0].get_ylabel() == "gini@10"
    [picture] = cost(block)
    names = [text.get_text() for text in picture.figure.axes[0].get_yticklabels()]
    assert names[0] == "tau 1" and names[-1] == "tau 10"
    assert "further down" in trade(block)[0].caption


def test_each_data_set_has_a_block_with_its_own_names(finished, found):
    finished("a", choices={"dataset": "one"}, dataset__name="one")
    finished("b", choices={"dataset": "one", "backbone": "mind"}, dataset__core=5)
    finished("c", choices={"dataset": "two"}, dataset__name="two")
    assert [block.title for block in found()] == ["one", "one #2", "two"]


def test_a_heat_map_shows_validation_first_with_mean_and_deviation_and_frames_its_best(
    finished, found
):
    for tau in (0.5, 2):
        for size in (4, 16):
            for seed in (1, 2):
                finished(
                    f"{tau}-{size}-{seed}",
                    [1, size],
                    seed=seed,
                    selection__tau=tau,
                    selection__linear_size=size,
                    valid={"ndcg@10": tau * size / 100 + seed / 10},
                )
    valid, test = heat(found()[0])
    assert [valid.title, test.title] == [
        "small: ndcg@10 of validation users",
        "small: ndcg@10 of test users",
    ]
    [axes] = valid.figure.axes
    means = [".1700", ".2300", ".2300", ".4700"]
    assert sorted(texts(axes)) == [f"{mean}\n± .0707" for mean in means]
    assert np.allclose(axes.images[0].get_array(), [[0.17, 0.23], [0.23, 0.47]])
    for picture in (valid, test):
        [frame] = picture.figure.axes[0].patches
        assert frame.get_center() == pytest.approx((1, 1))


def test_options_that_only_follow_from_another_are_no_axes(finished, found):
    finished("a", choices={"selection": "hard"}, selection__tau=1, penalty=100)
    finished("b", choices={"selection": "p"}, selection__tau=2, penalty=0)
    assert heat(found()[0]) == line(found()[0]) == []


def test_any_two_swept_options_make_a_map_unless_they_fill_less_than_half(finished, found):
    for dim in (8, 16, 32):
        for tau in (1, 2):
            finished(f"{dim}-{tau}", dim=dim, batch=tau)
    [picture] = heat(found()[0])
    assert picture.figure.axes[0].get_xlabel() == "dim"
    for dim in (64, 128, 256, 512):
        for tau in (dim, dim + 1):
            finished(f"{dim}-{tau}", dim=dim, batch=tau)
    assert heat(found()[0]) == []


def test_a_forest_has_the_gains_of_the_table_the_largest_on_top(finished, found):
    finished("base", [3, 30, 3, 30], choices={"selection": "hard"}, selection__tau=None)
    finished("a", [1, 30, 1, 30], selection__tau=1)
    finished("b", [1, 1, 1, 2], selection__tau=2)
    [block] = found(View({"selection": "hard"}, "ndcg@10", [], []))
    [picture] = forest(block)
    [axes] = picture.figure.axes
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["p, tau 2", "p, tau 1"]
    gains = [block.differences[name] for name in ("p, tau 2", "p, tau 1")]
    assert texts(axes)[0].startswith(f"+{gains[0].mean:.4f}".replace("0.", "."))
    drawn = [[x for x, _ in points] for points in lines(axes)]
    assert drawn[:4:2] == [[gain.low, gain.high] for gain in gains]
    assert drawn[1:4:2] == [[gain.mean] for gain in gains]
    assert "for all 2 comparisons together" in picture.caption
    assert picture.title == "small: difference in ndcg@10 from hard"


def test_the_best_of_several_baselines_differs_from_none(finished, found):
    ranks = {("hard", 4): [1, 1, 1, 2], ("hard", 2): [1, 1, 2, 30], ("p", 1): [1, 2, 3, 30],
             ("hard", 1): [30, 30, 2, 30]}  # fmt: skip
    for place, ((selection, K), values) in enumerate(ranks.items()):
        tau = 1 if selection == "p" else None
        finished(f"{selection}{K}", values, choices={"selection": selection}, selection__tau=tau,
                 num_interests=K, valid={"ndcg@10": 0.9 - place / 10})  # fmt: skip
    [block] = found(View({"selection": "hard"}, "ndcg@10", [], []))
    assert len(block.differences) == 1  # of p from hard with one interest
    title, text = best_sentence(block)
    assert title == "small: hard, num_interests 4" and text.endswith("validation users.")


def test_where_lower_is_better_a_lower_value_gains(finished, found):
    users = {name: {"popularity_bias@10": values} for name, values in
             (("hard", [3.0, 3, 3, 3]), ("a", [1.0, 2, 4, 1]), ("b", [5.0, 4, 4, 3]))}  # fmt: skip
    for name, values in users.items():
        finished(name, choices={"selection": name}, selection=name, users=values,
                 lists={"popularity_bias@10": sum(values["popularity_bias@10"]) / 4})  # fmt: skip
    [block] = found(View({"selection": "hard"}, "popularity_bias@10", [], []))
    [picture] = forest(block)
    assert [tick.get_text() for tick in picture.figure.axes[0].get_yticklabels()] == ["a", "b"]
    [picture] = by_user(block)
    assert "a: 75% gain, 25% lose; b: 0% gain, 75% lose" in picture.alt
    assert "Below the diagonal a user gains" in picture.caption


def test_without_a_baseline_gains_are_from_what_validation_would_choose(finished, found):
    finished("a", [1, 1], selection__tau=1, valid={"ndcg@10": 0.1})
    finished("b", [1, 30], selection__tau=2, valid={"ndcg@10": 0.2})
    [block] = found()
    assert [one.name for one in block.baselines] == ["tau 2"] and block.judged == "valid"
    assert block.differences["tau 1"].mean == pytest.approx(0.5)


def test_what_lacks_the_metric_is_no_baseline(finished, found):
    for name, value in (("a", 0.1), ("b", 0.2), ("c", 0.9)):
        folder = finished(name, [1, 2], selection__tau=ord(name), valid={"ndcg@10": value})
    results = json.loads((folder / "results.json").read_text())
    del results["test"]["ndcg@10"]
    (folder / "results.json").write_text(json.dumps(results))
    [block] = found()
    assert [one.name for one in block.baselines] == ["tau 98"] and len(block.differences) == 1


def test_runs_without_values_of_users_have_no_forest_and_a_page(finished, found):
    for tau in (1, 2):
        (finished(f"{tau}", selection__tau=tau) / "ranks.npy").unlink()
    [block] = found()
    assert forest(block) == by_user(block) == by_history(block) == [] and line(block) != []


USERS = {"history_items": [3, 3, 5, 5, 9, 9, 12, 12, 40, 41], "target_count": [1.0] * 10}


def test_gains_by_length_of_history_are_means_over_the_users_of_a_group(finished, found):
    users = [0.0, 1, 0, 0, 1, 1, 0, 1, 1, 0]
    finished("a", users={"mrr": [0.0] * 10, **USERS}, selection__tau=1, valid={"mrr": 0.9})
    finished("b", users={"mrr": users, **USERS}, selection__tau=2, valid={"mrr": 0.8})
    [block] = found(View({}, "mrr", [], []))
    [picture] = by_history(block)
    axes = picture.figure.axes[0]
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names == ["3\nn = 2", "5\nn = 2", "9\nn = 2", "12\nn = 2", "40 to 41\nn = 2"]
    assert lines(axes)[0] == list(zip(range(5), [0.5, 0, 1, 0.5, 0.5], strict=True))
    half = stats.t.ppf(0.975, 1) * np.std([0, 1], ddof=1) / np.sqrt(2)
    [bars] = axes.collections
    assert np.diff(bars.get_segments()[0][:, 1]) == pytest.approx(2 * half)
    assert by_popularity(block) == []  # all targets are equally popular


def test_one_run_alone_shows_its_metric_by_group(finished, found):
    finished("a", users={"mrr": [0.5] * 5 + [1.0] * 5, **USERS})
    [picture] = by_history(found(View({}, "mrr", [], []))[0])
    assert [y for _, y in lines(picture.figure.axes[0])[0]] == [0.5, 0.5, 0.75, 1, 1]


def test_groups_have_equal_numbers_in_one_group():
    groups = quantile_groups(np.array([1.0, 1, 1, 1, 1, 1, 1, 2, 3, 9]))
    sizes = {name: int(users.sum()) for name, users in groups.items()}
    assert sizes == {"1": 7, "2": 1, "3 to 9": 2}
    assert [*quantile_groups(np.array([376.571, 440.429]))] == ["377", "440"]
    assert [*quantile_groups(np.array([1.25, 99.999, 12_345.6]))] == ["1.25", "100", "12346"]
    assert [*quantile_groups(np.array([200.1, 200.4]))] == ["200", "200.4 to 200.4"]


def test_users_with_equal_values_are_one_dot():
    both = Pairs(one=np.array([0.0, 0, 1, 0.5]), reference=np.array([0.0, 0, 0, 1]))
    points, count = counted(both)
    assert dict(zip(map(tuple, points.tolist()), count.tolist(), strict=True)) == {
        (0, 0): 2,
        (0, 1): 1,
        (1, 0.5): 1,
    }
    assert user_shares(both, 1) == "25% gain, 25% lose"


def test_a_panel_for_each_of_the_best_beside_the_baseline(finished, found):
    for tau in range(1, 8):
        finished(f"{tau}", [tau, 30], selection__tau=tau)
    [picture] = by_user(found()[0])
    titles = [axes.get_title() for axes in picture.figure.axes]
    assert titles[0] == "tau 2\n0% gain, 50% lose" and len(titles) == 4


def test_the_loss_has_a_panel_for_each_of_its_parts(finished, found):
    path = finished("a") / "metrics.jsonl"
    parts = {"loss/routing": 9.0, "loss/single_interest": 1.0}
    records = [json.dumps({"step": step, "loss": 10.0 / step, **parts}) for step in (1, 2)]
    path.write_text("".join(f"{record}\n" for record in records))
    *_, picture = curves(found()[0])
    panels = {axes.get_ylabel(): lines(axes)[-1] for axes in picture.figure.axes}
    assert panels == {
        "loss": [(1, 10), (2, 5)],
        "routing": [(1, 9), (2, 9)],
        "single\ninterest": [(1, 1), (2, 1)],
    }


def test_the_step_whose_weights_were_kept_has_a_dot(finished, found):
    finished("a")
    picture, *_ = curves(found()[0])
    assert [points for points in lines(picture.figure.axes[0]) if len(points) == 1] == [
        [(100, pytest.approx(0.3467, abs=1e-4))]
    ]


@pytest.fixture
def searched(finished, unfinished):
    """Eight trials: the metric rises with lr, and tau does nothing; a ninth has not finished."""
    for i, (lr, tau) in enumerate(zip((4, 1, 8, 2, 7, 3, 6, 5), (1, 2) * 4, strict=True)):
        folder = finished(
            f"{lr}",
            optimizer__lr=lr / 100,
            selection__tau=tau,
            trainer={"metric": "recall@20"},
            valid={"recall@20": lr / 10},
            overrides={"optimizer.lr": str(lr / 100), "selection.tau": str(tau)},
        )
        (folder / "environment.json").write_text(json.dumps({"date": f"2026-01-01T00:00:0{i}"}))
    trainer = {"metric": "recall@20"}
    folder = unfinished("last", optimizer__lr=0.5, selection__tau=1, trainer=trainer)
    (folder / "overrides.yaml").write_text("- optimizer.lr=0.5\n- selection.tau=1\n")
    (folder / "environment.json").write_text(json.dumps({"date": "2026-01-01T00:00:09"}))


@pytest.mark.usefixtures("searched")
def test_a_search_has_its_trials_in_order_and_the_best_so_far(found):
    [picture] = search_history(found()[0])
    dots, best, marked, without = lines(picture.figure.axes[0])
    assert [y for _, y in dots] == [0.4, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.5]
    assert [y for _, y in best] == [0.4, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
    assert marked == [(3, 0.8)] and without == [(9, 0.1)]


@pytest.mark.usefixtures("searched")
@pytest.mark.parametrize("date", [None, "yesterday", 7])
def test_a_trial_that_left_no_date_and_one_of_another_zone_are_in_their_places(
    found, tmp_path, date
):
    at = datetime(2026, 1, 1, 0, 0, 2, 500_000, UTC).timestamp()
    os.utime(tmp_path / "8" / "config.yaml", (at, at))  # the third of nine
    if date is None:
        (tmp_path / "8" / "environment.json").unlink()
    else:
        (tmp_path / "8" / "environment.json").write_text(json.dumps({"date": date}))
    for path in tmp_path.glob("*/environment.json"):
        path.write_text(path.read_text().replace('"}', '+00:00"}'))
    first = {"date": "2026-01-01T05:00:00+05:00"}  # the first, at midnight of Greenwich
    (tmp_path / "4" / "environment.json").write_text(json.dumps(first))
    [picture] = search_history(found()[0])
    dots, *_ = lines(picture.figure.axes[0])
    assert [y for _, y in dots] == [0.4, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.5]


@pytest.mark.usefixtures("searched")
def test_importance_is_the_share_of_the_variance_of_ranks(found):
    [block] = found()
    shares = importance(search(block))
    tau = stats.spearmanr([1, 2] * 4, [4, 1, 8, 2, 7, 3, 6, 5]).statistic ** 2
    assert shares == {"optimizer.lr": pytest.approx(1), "selection.tau": pytest.approx(tau)}
    [picture] = search_importance(block)
    assert [bar.get_width() for bar in picture.figure.axes[0].patches] == sorted(shares.values())[
        ::-1
    ]


@pytest.mark.usefixtures("searched")
def test_each_option_of_a_search_has_a_panel_with_the_best_marked(found):
    [block] = found()
    [picture] = search_options(block)
    axes = picture.figure.axes[0]
    assert axes.get_xlabel() == "optimizer.lr" and lines(axes) == [[(0.08, 0.8)]]
    assert sorted(axes.collections[0].get_offsets()[:, 0]) == [n / 100 for n in range(1, 9)]
    assert heat(block) == line(block) == []


def test_a_grid_is_no_search(finished, found):
    for tau in (1, 2, 3):
        for size in (4, 8, 16):
            typed = {"selection.tau": str(tau), "selection.linear_size": str(size)}
            changes = {"selection__tau": tau, "selection__linear_size": size}
            finished(f"{tau}-{size}", overrides=typed, **changes)
    assert search(found()[0]) is None


def test_many_values_of_one_option_are_a_line_and_no_search(finished, found):
    for tau in range(1, 8):
        finished(f"{tau}", overrides={"selection.tau": str(tau)}, selection__tau=tau)
    [block] = found()
    [picture] = line(block)
    assert search(block) is None and len(lines(picture.figure.axes[0])[0]) == 7


def test_mean_ranks_and_their_test_are_those_of_friedman_and_nemenyi():
    """The critical difference of four methods on 14 data sets is 1.25 in Demsar's example."""
    costs = np.random.default_rng(0).normal([0, 1, 2, 0], size=(14, 4))
    found = compare_ranks(["a", "b", "c", "d"], costs)
    chi2 = stats.friedmanchisquare(*costs.T).statistic
    assert found.f == pytest.approx(13 * chi2 / (14 * 3 - chi2))
    assert found.p == pytest.approx(stats.f.sf(found.f, 3, 39))
    assert found.critical == pytest.approx(1.25, abs=0.005)
    ranks = stats.rankdata(costs, axis=1).mean(0)
    assert found.means.tolist() == sorted(ranks) and found.names[-1] == "c"


@pytest.mark.parametrize(
    ("methods", "sets", "p"),
    [(2, 3, 1 / 4), (2, 5, 1 / 16), (3, 4, 6**-3), (200, 1, 1), (200, 2, 0)],
)
def test_where_all_data_sets_agree_p_is_the_chance_that_they_do(methods, sets, p):
    found = compare_ranks(
        [f"{n}" for n in range(methods)], np.arange(methods * 1.0)[None].repeat(sets, 0)
    )
    assert found.f == np.inf and found.p == pytest.approx(p)


def test_groups_that_do_not_differ_are_joined_once():
    ranks = np.array([[1.0, 2, 3, 4, 5]] * 8)
    found = compare_ranks(list("abcde"), ranks)
    assert found.critical == pytest.approx(2.728 * np.sqrt(5 * 6 / (6 * 8)), abs=0.001)
    assert found.cliques == [(0, 2), (1, 3), (2, 4)]


def test_mean_ranks_need_three_data_sets(finished, found):
    for name, ranks in (("one", [1, 4]), ("two", [1, 4]), ("three", [30, 9])):
        for backbone in ("a", "b"):
            typed = {"dataset": name, "backbone": backbone}
            of_b = ranks if backbone == "b" else [5, 5]
            folder = f"{name}-{backbone}"
            finished(folder, of_b, typed, dataset__name=name, backbone__dim=ord(backbone))
        if name != "three":
            assert critical_difference(found()) == []
    [picture] = critical_difference(found())
    assert picture.alt == "b, p: 1.33; a, p: 1.67"


def test_one_data_set_under_three_protocols_is_one(finished, found):
    for protocol in ("clean.Clean", "published.Published", "repeats.Repeats"):
        target = f"bam.evaluation.protocol.{protocol}"
        for backbone in ("a", "b"):
            ranks = [1, 4] if backbone == "b" else [5, 5]
            own = {"evaluation__protocol___target_": target, "backbone__dim": ord(backbone)}
            finished(f"{protocol}-{backbone}", ranks, {"backbone": backbone}, **own)
    assert len(found()) == 3 and critical_difference(found()) == []


def test_long_names_are_cut_between_their_settings():
    assert wrap("tau 0.5, linear_size 16", 12) == "tau 0.5,\nlinear_size\n16"
    assert wrap("a_long_name_of_a_backbone, tau 1", 14) == "a_long_name_\nof_a_backbone,\ntau 1"
    assert wrap("x" * 25, 10) == "\n".join(["x" * 10, "x" * 10, "x" * 5])
    assert wrap("hard", 30) == "hard"


def test_file_names_fit_a_disk_and_differ():
    names = {file_name("a" * 300, str(n)) for n in range(3)}
    assert len(names) == 3 and max(map(len, names)) < 100
    alike = ["a-b", "A_b", "a_b", "книги", "музыка", "weight -1", "weight 1", "small #2", "small 2"]
    assert len({file_name("gains", one) for one in alike}) == len(alike)
    assert file_name("gains", "beauty_s3rec, published") == "gains_beauty_s3rec_published"


def test_rows_are_as_high_as_their_names_have_lines():
    rows = Rows.of(["hard", "p, tau 0.5, linear_size 4"], 12)
    assert rows.names == ["hard", "p, tau 0.5,\nlinear_size\n4"]
    assert rows.heights == pytest.approx([GAP + LINE, GAP + 3 * LINE])
    assert rows.places == pytest.approx([(GAP + LINE) / 2, GAP + LINE + (GAP + 3 * LINE) / 2])
