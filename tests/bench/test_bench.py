"""A benchmark shows all it measured, and what became worse."""

import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from bam.bench import measure
from bam.bench.compare import compare
from bam.bench.figures import Figures
from bam.bench.measure import _in_new_process
from bam.bench.plan import split
from bam.bench.program import train
from bam.bench.ratios import against, growth
from bam.bench.rounds import Rounds
from bam.bench.stopwatch import Stopwatch
from bam.errors import Mistake
from bam.system.stop import Stopped
from tests.conftest import ROOT, options

DATA = ("size=given", "dataset=planted", "dataset.num_users=100")
TIMES = ("device=cpu", "threads=1", "seconds=0.02", "rounds=2", "turns=1", "output=bench.json")
TINY = (*DATA, *TIMES, "dim=8", "batch_size=8", "num_negatives=10")
SHORT = "measurements.training.warmup=2"


@pytest.fixture
def bench(tmp_path, monkeypatch, capsys):
    """Run scripts/bench.py below tmp_path, in this process; returns its file and its output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "_in_new_process", lambda task, *arguments: task(*arguments))

    def run(*overrides):
        monkeypatch.setattr(sys, "argv", ["bench.py", *TINY, *overrides])
        runpy.run_path(str(ROOT / "scripts" / "bench.py"), run_name="__main__")
        return json.loads((tmp_path / "bench.json").read_text()), capsys.readouterr().out

    return run


def row(speed=100.0, memory=10.0, ratio=8.0, growth=1.0, **choice):
    figures = {"higher": {"samples_per_second": speed}, "lower": {"peak_mb": memory}, "share": {}}
    ratios = {"higher": {"training / plain": ratio}, "lower": {"step_ms / V=1": growth}}
    return {"choice": choice or {"loss": "a"}, "measured": {"training": figures}, "ratios": ratios}


def result(*rows, cpu_time=False, **machine):
    environment = {"cpu": "Zen 4", "cores": 2, "device": "cpu", "threads": 1}
    version = {"commit": "f00", "date": "2026-11-29"}
    plan = {"cpu_time": cpu_time}
    return {"environment": {**environment, **version, **machine}, "plan": plan, "rows": [*rows]}


@pytest.fixture
def earlier(tmp_path):
    """Store the result of an earlier run."""

    def store(*rows, **machine):
        (tmp_path / "earlier.json").write_text(json.dumps(result(*rows, **machine)))
        return tmp_path / "earlier.json"

    return store


def test_every_figure_is_printed_and_stored(bench, tmp_path):
    result, out = bench(SHORT, "measurements.testing.warmup=8")
    losses = [row["choice"]["loss"] for row in result["rows"]]
    assert losses == ["single_interest", "multi_interest"]
    measured = result["rows"][1]["measured"]
    assert measured.keys() == {"training", "testing", "plain_training", "plain_testing"}
    for name, figures in measured.items():
        speed = "users_per_second" if "testing" in name else "samples_per_second"
        assert figures["higher"][speed] > 0 and figures["lower"]["peak_mb"] > 50
    stages = "gather lookup backbone loss backward optimizer"
    assert " ".join(measured["training"]["share"]) == stages
    assert set(measured["testing"]["share"]) == {"backbone", "ranking"}
    for name in ("training", "testing"):
        assert sum(measured[name]["share"].values()) == pytest.approx(1)
    assert len(result["rows"][0]["ratios"]["higher"]) == 2
    environment = result["environment"]
    assert {"cpu", "cores", "memory_gb", "device", "commit", "modified", "date"} < {*environment}
    assert environment["threads"] == 1 and environment["libraries"]["torch"] == torch.__version__
    assert result["plan"]["seconds"] == 0.02 and "dim=8" in result["overrides"]
    assert "samples per second" in out and out.splitlines()[-1] == "bench.json"
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name] == []


def test_measurements_take_turns_and_the_median_counts(bench, monkeypatch):
    taken: list[str] = []

    def measured(node, name, experiment):
        speeds = {"training": [10.0, 30.0, 26.0]}.get(name, [1.0, 9.0, 2.0])
        speed = speeds[taken.count(name) % 3]
        taken.append(name)
        return Figures(higher={"speed": speed}, share={"all": speed})

    monkeypatch.setattr(measure, "_run", measured)
    (row,) = bench("loss=single_interest", "turns=3")[0]["rows"]
    assert taken == [*row["measured"]] * 3
    assert row["measured"]["training"]["higher"] == {"speed": 26}
    assert row["measured"]["training"]["share"] == {"all": 22}  # the mean: shares sum to 1
    assert row["ratios"]["higher"]["training speed / plain_training"] == 13
    (row,) = bench("loss=single_interest", "turns=3", "best_turn=true")[0]["rows"]
    assert row["ratios"]["higher"]["training speed / plain_training"] == 30 / 9


def test_an_axis_that_the_command_line_sets_is_not_varied(bench):
    result, _ = bench("loss=single_interest", "measure=loading")
    assert [row["choice"] for row in result["rows"]] == [{}]
    lower = result["rows"][0]["measured"]["loading"]["lower"]
    assert lower.keys() == {"load_s", "load_mb", "split_s", "split_mb", "batch_s", "batch_mb"}
    assert 0 < lower["load_s"] < lower["split_s"] < lower["batch_s"]


def test_the_options_of_another_folder_are_measured(bench, tmp_path):
    (tmp_path / "conf" / "backbone").mkdir(parents=True)
    text = (ROOT / "conf" / "backbone" / "mind.yaml").read_text()
    (tmp_path / "conf" / "backbone" / "mine.yaml").write_text(text)
    path = f"hydra.searchpath=[file://{tmp_path}/conf]"
    found, _ = bench("measure=training", SHORT, path, "backbone=mine", "loss=single_interest")
    assert "backbone" in found["rows"][0]["measured"]["training"]["share"]


def test_with_cpu_time_the_seconds_of_other_programs_do_not_count():
    def waits() -> int:
        time.sleep(0.05)  # as a process does that does not get the core
        return sum(range(10_000)) > 0

    rate = Rounds(seconds=0.002, count=1, cpu_time=True).rate(waits)
    assert rate.calls > 2 * 1 / 0.05


def test_every_option_of_training_is_accepted(bench):
    options = ("likelihood=full_softmax", "optimizer=adam", "group_by_length=4", "precision=bf16")
    result, _ = bench("loss=multi_interest", "measure=training", SHORT, *options)
    assert result["rows"][0]["measured"]["training"]["higher"]["samples_per_second"] > 0


def test_a_step_of_all_positions_has_the_samples_and_stages_it_takes(bench):
    options = ("backbone=comirec_sa", "sampling=all_positions")
    result, _ = bench("loss=single_interest", "measure=training", SHORT, *options)
    training = result["rows"][0]["measured"]["training"]
    rate, step = training["higher"]["samples_per_second"], training["lower"]["step_ms"] / 1000
    assert rate * step > 1.5 * 8  # windows: each has several samples
    assert training["share"]["backbone"] > 0


def test_the_machine_has_rates(bench):
    small = ("measurements.machine.width=16", "measurements.machine.copied_mb=1")
    result, _ = bench("measure=machine", *small)
    rates = result["rows"][0]["measured"]["machine"]["higher"]
    assert len(rates) == 5 and min(rates.values()) > 0


@pytest.fixture
def trainings(monkeypatch):
    """The options of each `bam train` that a benchmark starts; none of them is started."""
    found = []

    def train(config, options):
        found.append([f"threads={config['threads']}", *options])
        for option in options:
            if option.startswith("hydra.run.dir="):
                folder = Path(option.partition("=")[2])
                folder.mkdir()
                times = {"time": time.time() + 5, "cpu": 2.0 * len(found)}
                (folder / "first_step.json").write_text(json.dumps(times))

    monkeypatch.setattr("bam.bench.starting.train", train)
    monkeypatch.setattr("bam.bench.sweeping.train", train)
    return found


def test_the_start_of_a_training_is_measured_beside_an_import_of_torch(bench, trainings):
    result, _ = bench("measure=start")
    (row,) = result["rows"]
    lower = row["measured"]["start"]["lower"]
    assert len(trainings) == 3 and {options[0] for options in trainings} == {"threads=1"}
    assert lower["first_step_s"] == pytest.approx(5, abs=0.5) and lower["first_step_cpu_s"] == 5
    assert min(lower["import_torch_cpu_s"], lower["import_torch_s"]) > 0


def test_points_an_hour_are_measured_with_one_job_and_with_two(bench, trainings):
    result, _ = bench("measure=sweep", "measurements.sweep.points=3")
    jobs = [row["choice"]["measurements.sweep.jobs"] for row in result["rows"]]
    assert jobs == ["1", "2"]
    swept = [given for given in trainings if "seed=1,2,3" in given]
    for one, given in zip(jobs, swept, strict=True):
        assert f"hydra.launcher.jobs={one}" in given
    figures = result["rows"][1]["measured"]["sweep"]
    points, seconds = figures["higher"]["points_per_hour"], figures["lower"]["point_s"]
    assert points * seconds == pytest.approx(3600)
    assert "sweep point_s / measurements.sweep.jobs=1" in result["rows"][1]["ratios"]["lower"]


@pytest.mark.parametrize("name", ["points", "jobs"])
def test_a_sweep_that_cannot_be_measured_is_refused_before_it_starts(bench, trainings, name):
    with pytest.raises(SystemExit, match=f"measurements.sweep.{name} must be at least 1, got 0"):
        bench("measure=sweep", f"measurements.sweep.{name}=0")
    assert not trainings


def test_a_benchmark_that_is_stopped_says_that_it_keeps_nothing(bench, monkeypatch, capsys):
    def stop(cases, plan):
        raise Stopped(signal.SIGINT)

    monkeypatch.setattr("bam.bench.run.measure", stop)
    with pytest.raises(SystemExit):
        bench()
    assert capsys.readouterr().err == "stopped by Ctrl-C: no figure is kept\n"


@pytest.mark.processes
@pytest.mark.parametrize("name", ["start", "sweep"])
def test_a_benchmark_starts_trainings(tmp_path, name):
    options = ["trainer.max_steps=2", "dataset=planted", "dataset.num_users=50", "dim=8"]
    few = f"measurements.{name}.options={json.dumps(options)}".replace(" ", "")
    size = ["rounds=1"] if name == "start" else ["measurements.sweep.points=2"]
    command = ["bench", f"measure={name}", few, *TIMES[:2], "turns=1", "output=bench.json", *size]
    subprocess.run([sys.executable, "-m", "bam", *command], cwd=tmp_path, check=True)
    figures = json.loads((tmp_path / "bench.json").read_text())["rows"][-1]["measured"][name]
    assert all(value > 0 for value in figures["lower"].values())


def test_a_training_that_fails_is_named():
    config = {"data_dir": "data", "device": "cpu", "threads": 1}
    with pytest.raises(Mistake, match=r"bam train backbone=none-such has failed: .*no option"):
        train(config, ["backbone=none-such"])


def test_recommending_to_one_user_and_to_many_is_measured(bench):
    result, _ = bench("measure=recommending", "measurements.recommending.warmup=2")
    figures = result["rows"][0]["measured"]["recommending"]
    assert figures["higher"]["users_per_second"] > 0
    assert 0 < figures["lower"]["one_user_ms"] <= figures["lower"]["one_user_p99_ms"]


def test_growth_is_measured_along_an_axis(bench):
    result, _ = bench("measure=full_softmax", SHORT)
    likelihoods = [row["choice"]["likelihood"] for row in result["rows"]]
    assert likelihoods == ["sampled_softmax", "full_softmax"]
    ratios = [row["ratios"]["lower"] for row in result["rows"]]
    name = "training step_ms / likelihood=sampled_softmax"
    assert ratios[0][name] == 1 and ratios[1][name] > 0


def test_a_regression_ends_the_program_after_its_file_is_written(bench, tmp_path):
    result, _ = bench("loss=single_interest", "measure=loading")
    result["rows"][0]["measured"]["loading"]["lower"]["load_s"] = 1e-9
    (tmp_path / "before.json").write_text(json.dumps(result))
    (tmp_path / "bench.json").unlink()
    with pytest.raises(SystemExit, match=r"loading load_s: .*, was 1e-09"):
        bench("loss=single_interest", "measure=loading", "compare=before.json")
    assert (tmp_path / "bench.json").exists()


@pytest.mark.parametrize(
    ("speed", "memory", "worse"),
    [
        (79.0, 10.0, ["samples_per_second"]),
        (100.0, 12.5, ["peak_mb"]),
        (81.0, 11.9, []),
        (200.0, 5.0, []),
    ],
)
def test_a_figure_worse_by_more_than_the_tolerance_is_reported(earlier, speed, memory, worse):
    found = compare(result(row(speed, memory)), earlier(row()), 0.2, ratios_only=False)
    assert [sentence.split(":")[0].split()[-1] for sentence in found.worse] == worse
    assert found.scope.startswith("figures are compared with ")
    assert found.scope.endswith("earlier.json, of commit f00, 2026-11-29")


@pytest.mark.parametrize("before", [None, 0, -0.5])
def test_a_figure_that_was_unknown_or_not_above_0_is_not_compared(earlier, before):
    assert compare(result(row(memory=1.0)), earlier(row(memory=before)), 0.2, False).worse == []
    assert compare(result(row(memory=None)), earlier(row()), 0.2, False).worse == []


@pytest.mark.parametrize(
    "machine", [{"cpu": "Zen 5"}, {"cores": 16}, {"device": "H200"}, {"threads": 2}]
)
def test_with_another_machine_ratios_are_compared_and_speeds_are_not(earlier, machine):
    before = earlier(row(speed=1000.0, memory=1.0, ratio=8.0), **machine)
    found = compare(result(row(ratio=6.5)), before, 0.2, ratios_only=False)
    assert found.worse == [] and found.scope.startswith("ratios are compared with ")
    (name,) = machine
    assert f"({name} {machine[name]} there, " in found.scope
    (sentence,) = compare(result(row(ratio=6.3)), before, 0.2, ratios_only=False).worse
    assert sentence == "loss=a ratio training / plain: 6.3, was 8"


def test_ratios_only_compares_ratios_of_the_same_machine(earlier):
    before = earlier(row(speed=1000.0, memory=1.0))
    assert compare(result(row(ratio=4.9)), before, 0.4, ratios_only=True).worse == []
    assert len(compare(result(row(ratio=4.7)), before, 0.4, ratios_only=True).worse) == 1
    assert len(compare(result(row(growth=1.5)), before, 0.4, ratios_only=True).worse) == 1


def test_a_comparison_with_other_cases_is_refused(earlier, tmp_path):
    with pytest.raises(Mistake, match="measure the same cases"):
        compare(result(row()), earlier(row(loss="b")), 0.2, ratios_only=False)
    with pytest.raises(Mistake, match="compare must be a file of an earlier run"):
        compare(result(row()), tmp_path / "nowhere.json", 0.2, ratios_only=False)
    before = earlier(row(), cpu_time=True)
    with pytest.raises(Mistake, match=r"cpu_time must be as in .*earlier.json, got False"):
        compare(result(row()), before, 0.2, ratios_only=False)
    old = {"environment": {"cpu": "x"}, "plan": {}, "rows": [{"measured": {}}]}
    before.write_text(json.dumps(old))
    with pytest.raises(Mistake, match=r"has no cores, device, .*, cpu_time, ratios; measure it"):
        compare(result(row()), before, 0.2, ratios_only=False)


def test_measurements_without_a_figure_in_common_have_no_ratio():
    figures = {"a": {"x": 4.0, "y": 1.0}, "b": {"x": 2.0, "y": 0.0}, "c": {"z": 1.0}}
    row = {"measured": {name: {"higher": some} for name, some in figures.items()}}
    assert against(row, {"a": "b", "c": "a"}) == {"a x / b": 2.0}


def test_growth_is_result_over_the_first_case_of_the_same_device():
    cpu = [row(memory=2.0, items="1", device="cpu"), row(memory=3.0, items="9", device="cpu")]
    gpu = [row(memory=5.0, items="1", device="gpu"), row(memory=20.0, items="9", device="gpu")]
    rows = [*cpu, *gpu]
    assert list(growth(rows[3], rows, ["items"]).values()) == [4.0]
    assert list(growth(rows[1], rows, ["items"]).values()) == [1.5]


def test_each_measurement_runs_in_a_new_process_that_logs_no_warning():
    assert _in_new_process(os.getpid) != os.getpid()
    assert not _in_new_process(logging.getLogger("bam").isEnabledFor, logging.WARNING)


def test_the_shares_of_a_stopwatch_sum_to_one():
    watch = Stopwatch(torch.device("cpu"))
    for _ in range(3):
        watch.at("one")()
        watch.at("two")()
    assert list(watch.shares()) == ["one", "two"] and sum(watch.shares().values()) == 1


@pytest.mark.parametrize("size", options("size"))
def test_every_size_composes(configured, size):
    config = configured(f"size={size}", config="bench")
    assert config["dataset"]["num_interactions"] >= 5 * config["dataset"]["num_users"]


def test_an_option_taken_out_of_the_plan_is_named():
    with pytest.raises(Mistake, match=r"measurements, output.* must be in conf/bench.yaml"):
        split({"rounds": 3})


def test_indexes_are_measured(bench):
    sizes = [f"measurements.exact.{size}" for size in ("clusters=8", "users=5", "n=4")]
    result, _ = bench("measure=index", "dataset.num_items=400", *sizes)
    (row,) = result["rows"]
    assert [*row["measured"]] == ["exact", "ivf", "hnsw"]
    for figures in row["measured"].values():
        assert figures["higher"]["recall"] >= 0.8
        assert 0 < figures["lower"]["one_user_ms"] <= figures["lower"]["one_user_p99_ms"]
        assert figures["lower"]["index_mb"] > 0
    assert row["measured"]["exact"]["higher"]["recall"] == 1
