"""bam recommend, and the same from Python."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import StringIO

import numpy as np
import polars as pl
import pytest
import torch
from rich.console import Console

import bam
from bam.__main__ import run as run_command
from bam.experiment.opened.ask import require_histories
from bam.serving.explain import Answer, Interest, Listed, Source
from bam.serving.tables import draw_answer
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED

TRAINED = (*PLANTED, "dataset.num_users=80", "trainer.max_steps=20", "trainer.validate_every=20")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a run and its data."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        bam.train(*TRAINED, "hydra.run.dir=run")
    return folder


@pytest.fixture
def recommend(home, monkeypatch, capsys):
    """Run the command in that folder; returns its lines."""
    monkeypatch.chdir(home)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["bam", "run=run", "threads=1", "device=cpu", *words])
        capsys.readouterr()
        run_command("recommend")
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def run(home, monkeypatch):
    monkeypatch.chdir(home)
    return bam.load("run", "device=cpu", "threads=1")


def items_of(line):
    return [one["item"] for one in json.loads(line)["items"]]


def test_users_are_answered_as_lines_of_json_in_their_order(recommend):
    lines = [json.loads(line) for line in recommend("users=[7,3]", "n=4", "per_interest=2")]
    assert [line["user"] for line in lines] == ["7", "3"]
    for line in lines:
        assert line.keys() == {"user", "notes", "interests", "items"}
        assert len(line["items"]) == 4 and len(line["interests"]) == 4
        for interest in line["interests"]:
            assert len(interest["items"]) == 2 and len(interest["history"]) <= 2
    assert recommend("users=7", "n=4", "per_interest=2") == recommend("users=['7']", "n=4",
                                                                     "per_interest=2")  # fmt: skip


def test_a_history_a_user_and_python_agree(recommend, run):
    items = run.retriever.items.texts(run.retriever.users.history("7").items.tolist())
    of_user = items_of(recommend("users=[7]")[0])
    assert len(of_user) == 20
    assert items_of(recommend(f"history=[{','.join(items)}]")[0]) == of_user
    assert run.recommend(items)["item"].to_list() == of_user
    numbers = [int(item) for item in items]
    assert run.recommend(numbers, 3, "merge=quota").equals(run.recommend(items, 3, "merge=quota"))


def test_all_users_are_written_alike_to_every_kind_of_file(recommend, home):
    words = ("users=all", "n=3", "merge=round_robin")
    for ending in ("jsonl", "csv", "parquet"):
        assert recommend(*words, f"output=new/lists.{ending}") == [f"new/lists.{ending}"]
    table = pl.read_parquet("new/lists.parquet")
    assert table.columns == [
        "user",
        "place",
        "item",
        "title",
        "score",
        "interest",
        "cold",
        "predictor",
    ]
    assert len(table) == 3 * 80
    again = pl.read_csv("new/lists.csv", schema=table.schema).with_columns(
        pl.col("title").fill_null("")
    )
    assert again.drop("score").equals(table.drop("score"))
    lines = (home / "new" / "lists.jsonl").read_text().splitlines()
    assert [items_of(line) for line in lines] == [
        one["item"].to_list() for one in table.partition_by("user", maintain_order=True)
    ]
    assert lines == recommend(*words)
    assert sorted(path.name for path in (home / "new").iterdir()) == [
        "lists.csv", "lists.jsonl", "lists.parquet"]  # fmt: skip


def test_histories_come_from_json_lines_and_from_parquet(recommend, home):
    texts = [{"user": "007", "items": ["17", 23]}, {"user": 8, "items": []}]
    (home / "h.jsonl").write_text("\n".join(map(json.dumps, texts)))
    lines = [json.loads(line) for line in recommend("histories=h.jsonl", "n=2")]
    assert [line["user"] for line in lines] == ["007", "8"]
    assert lines[1]["notes"] == ["no known item in the history: these are the most popular items"]
    pl.DataFrame({"user": ["007", "8"], "items": [[17, 23], []]}).write_parquet(home / "h.parquet")
    assert [json.loads(line) for line in recommend("histories=h.parquet", "n=2")] == lines


def test_until_the_test_the_last_item_of_a_user_is_not_known(recommend, run):
    met = run.retriever.users.history("7").items.tolist()
    last = run.retriever.items.texts(met[-1:])[0]
    now = items_of(recommend("users=[7]", "n=1000")[0])
    before = items_of(recommend("users=[7]", "n=1000", "until=test")[0])
    assert last in before and last not in now
    assert len(items_of(recommend("users=[7]", "n=1000", "until=valid")[0])) >= len(before)


def test_options_change_the_list(recommend):
    usual = recommend("users=[7]")
    for option in ("merge=quota", "exclude_seen=false", "weighting=equal", "max_cosine=-1"):
        assert recommend("users=[7]", option) != usual


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "give one of users=[ID,...], history=[ID,...] and histories=FILE, got none"),
        (("users=[7]", "history=[17]"), "histories=FILE, got users and history"),
        (("users=[7,x,0007]",), "(with until, of that part), got 'x', '0007'; history=["),
        (("users=[]",), "users must be a list of ids, such as [196,22], or all, got []"),
        (("users=[7]", "n=0"), "n must be at least 1, got 0"),
        (("users=[7]", "n=many"), "n must be a number, got 'many'"),
        (("users=[7]", "per_interest=0"), "per_interest must be at least 1, got 0"),
        (("users=[7]", "until=tomorrow"), "until must be now, valid, test, got 'tomorrow'"),
        (("history=[7]", "until=test"), "until=test needs users=[ID,...] or users=all, got hist"),
        (("users=[7]", "output=a.txt"), "output must be a file that ends in .jsonl, .parquet, .cs"),
        (("users=[7]", "output=run"), "output must be a file that ends in"),
        (("users=[7]", "max_cosine=2"), "max_cosine must be from -1 to 1, got 2.0"),
        (("users=[7]", "merge=quoat"), "merge=quoat is no option; did you mean quota?"),
        (("users=[7]", "merge=reciprocal_rank", "merge.depth=0"), "merge.depth must be at least 1"),
        (("user=[7]",), "user is no option; did you mean users"),
        (("history=[7,,8]",), "history must be ids between commas, none of them empty"),
        (("histories=nowhere.jsonl",), "nowhere.jsonl: there is no such file"),
        (("histories=a.csv",), "histories must end in .jsonl or .parquet, got 'a.csv'"),
        (("users=[7]", "run=nowhere"), "run must be the folder of a run, with a config.yaml, got"),
        (("users=[7]", "run="), "run must be the folder of a run or of an export, got ''"),
        (("users=[7]", "backbone=mind"), "backbone"),
    ],
)
def test_a_mistake_is_one_sentence(recommend, words, sentence):
    with pytest.raises(SystemExit) as end:
        recommend(*words)
    message = str(end.value)
    assert message.startswith("error: ") and sentence in message and "\n" not in message


def test_a_run_without_results_can_be_asked_nothing(recommend, home, tmp_path):
    (tmp_path / "config.yaml").write_bytes((home / "run" / "config.yaml").read_bytes())
    with pytest.raises(SystemExit, match=r"error: .*weights.safetensors"):
        recommend("users=[7]", f"run={tmp_path}")


def test_people_see_tables_and_of_many_users_the_first(recommend, monkeypatch):
    monkeypatch.setattr("bam.command.recommend.is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    lines = recommend("users=all", "n=3")
    assert [line for line in lines if line.startswith("user ")] == ["user 1", "user 2", "user 3"]
    assert lines[-1] == "77 more users; all of them: output=FILE.parquet, .csv or .jsonl"
    assert sum(line.startswith("interest ") for line in lines) == 12
    assert max(map(len, lines)) <= 80
    assert len([x for x in recommend("users=[1,2,3,4,5]", "n=3") if x.startswith("user ")]) == 5
    note = "note: no known item in the history: these are the most popular items"
    assert note in recommend("history=[]", "n=3") and note in recommend("history=[zz]", "n=3")


ANSWER = Answer(
    user="a[b]",
    notes=["left out: x"],
    interests=[
        Interest(2, 0.75, [Source("1", "T" * 90, 0.9), Source("2", "", 0.001)],
                 [Listed("3", "[red]Film\x1b[0m", 1.5, 2, True, 0.0, "model")]),
    ],
    items=[
        Listed("3", "[red]Film\x1b[0m", 1.5, 2, True, 0.5, "transitions"),
        Listed("44", "", -0.25, 1, False, 0.0, "model"),
    ],
)  # fmt: skip


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_table_is_as_wide_as_the_console_and_titles_are_no_markup(width):
    console = Console(width=width, file=StringIO(), highlight=False)
    console.print(draw_answer(ANSWER, width))
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "interest 2 · weight 75%" in text and " 90% TTT" in text and "<1% 2" in text
    assert "(cold) [red]Film" in text and "\x1b" not in text and "user a[b]" in text
    assert "44" in text and "-.250" in text
    assert "(cold): no interaction has trained the item" in " ".join(text.split())
    console.file = StringIO()
    console.print(draw_answer(replace(ANSWER, items=[]), width))


def test_interrupted_it_leaves_no_file(home):
    """It is interrupted while the lists are written: the clock of the writer is slow."""
    program = """
import sys, time
from bam.serving import lists
from bam.__main__ import run
before = lists.json_line
def slow(answer):
    print("writing", file=sys.stderr, flush=True)
    time.sleep(0.5)
    return before(answer)
lists.json_line = slow
sys.argv = ["bam", "run=run", "threads=1", "device=cpu", "users=all", "output=slow/l.jsonl"]
run("recommend")
"""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "bam" / "plugins")])
    command, variables = [sys.executable, "-c", program], {**os.environ, "PYTHONPATH": paths}
    with subprocess.Popen(
        command, cwd=home, stderr=subprocess.PIPE, env=variables, text=True
    ) as started:
        for line in started.stderr:
            if line == "writing\n":
                break
        started.send_signal(signal.SIGINT)
        end = started.stderr.read()
    assert started.returncode == 130
    assert "stopped by Ctrl-C: no file is written" in end
    assert list((home / "slow").iterdir()) == []


def test_eight_threads_get_the_answers_of_one(home, monkeypatch):
    monkeypatch.chdir(home)
    histories = [[17, 23, 18], [1, 2, 3, 4], [99, 98], ["zz"], [5]] * 8
    several = bam.load("run", "device=cpu", "threads=1")
    with ThreadPoolExecutor(8) as threads:  # none of them has used the run before
        found = list(threads.map(lambda one: several.recommend(one, 7, "merge=quota"), histories))
        vectors = list(threads.map(lambda one: several.interests([1, 2]).vectors, histories))
    one = bam.load("run", "device=cpu", "threads=1")
    for history, table in zip(histories, found, strict=True):
        assert table.equals(one.recommend(history, 7, "merge=quota"))
    assert all(torch.equal(vector, one.interests([1, 2]).vectors) for vector in vectors)


def test_a_frame_has_titles_scores_and_the_number_of_an_interest(run):
    table = run.recommend([17, 23, 18], 6)
    assert (
        table.columns == ["item", "title", "score", "interest", "cold", "predictor"]
        and len(table) == 6
    )
    found = run.interests([17, 23, 18])
    for row in table.iter_rows(named=True):
        number = run.retriever.items.number[row["item"]]
        scores = found.vectors @ run.retriever.table[number]
        assert scores.argmax() == row["interest"] - 1
        assert float(scores.max()) == pytest.approx(row["score"], abs=1e-5)


def test_many_histories_are_one_frame(run):
    table = run.recommend_many({"a": [17, 23], 8: [1, 2, 3]}, 4)
    assert table["user"].to_list() == ["a"] * 4 + ["8"] * 4
    assert table["place"].to_list() == [1, 2, 3, 4] * 2
    alone = run.recommend([1, 2, 3], 4)
    assert table.filter(pl.col("user") == "8").drop("user", "place").equals(alone)


def test_the_interests_of_many_are_those_of_each(run):
    histories = {"a": [17, 23], 8: [1, 2, 3, 4], "c": [5]}
    many = run.interests_many(histories, "weighting=equal")
    assert list(many) == ["a", "8", "c"]
    for found, history in zip(many.values(), histories.values(), strict=True):
        alone = run.interests(history)
        assert found.items == alone.items and found.routing.shape == (4, len(history))
        torch.testing.assert_close(found.vectors, alone.vectors)
        torch.testing.assert_close(found.routing, alone.routing)
        assert found.weights.tolist() == [0.25] * 4
    (found.vectors * torch.ones(1, requires_grad=True)).sum().backward()  # they can be trained with
    with pytest.raises(bam.Mistake, match="history of b must hold at least one item"):
        run.interests_many({"a": [17], "b": []})


def test_python_is_refused_with_a_sentence(run):
    with pytest.raises(bam.Mistake, match="history must be a list of ids, got '50'"):
        run.recommend("50")
    with pytest.raises(bam.Mistake, match="n must be a whole number of at least 1"):
        run.recommend([17], 0)
    with pytest.raises(bam.Mistake, match="merge=quoat is no option; did you mean quota"):
        run.recommend([17], 5, "merge=quoat")
    with pytest.raises(bam.Mistake, match=r"must be weighting, trust, .*, got 'max_cosine=0\.9'"):
        run.interests([17], "weighting=equal", "max_cosine=0.9")
    with pytest.raises(bam.Mistake, match="histories must be a mapping from user to list of ids"):
        require_histories([[17]])  # as it is given: of Run, tests also check the types


@pytest.mark.parametrize(
    "option", ["until=test", "users=[196]", "output=x.csv", "n=5", "threads=1"]
)
def test_an_option_that_would_change_no_list_is_refused(run, option):
    with pytest.raises(bam.Mistake, match=rf"options must be merge, .*, got '{re.escape(option)}'"):
        run.recommend([17], 3, option)


@pytest.mark.parametrize(
    "history",
    [["17", "23"], [17.0, 23.0], np.array([17, 23]), np.float32([17, 23]), torch.tensor([17, 23]),
     torch.tensor([17.0, 23.0]), pl.Series([17, 23])],
)  # fmt: skip
def test_ids_that_are_numbers_of_any_kind_are_their_digits(run, history):
    assert run.recommend(history, 3).equals(run.recommend([17, 23], 3))


def test_a_number_of_any_size_is_an_id_that_may_be_unknown(run, caplog):
    run.recommend([17, 10**400], 3)
    assert "left out, as the data set has no such item: 1000" in caplog.text


@pytest.mark.parametrize("item", [None, b"17", True, float("nan"), [17], torch.ones(2)])
def test_what_is_no_id_is_refused(run, item):
    with pytest.raises(bam.Mistake, match="history must hold ids, which are texts or numbers"):
        run.recommend([17, item])


def test_notes_are_warnings_of_the_first_users(run, caplog):
    with caplog.at_level(logging.WARNING):
        run.recommend([17, "zz"])
        run.recommend_many({user: ["zz"] for user in "abcde"})
    assert caplog.messages[0] == "left out, as the data set has no such item: zz"
    assert caplog.messages[1] == "user a: left out, as the data set has no such item: zz"
    assert caplog.messages[-1] == (
        "notes on 2 more; bam recommend output=FILE.jsonl writes them all"
    )


def test_interests_are_shown_in_one_line(run):
    shown = repr(run.interests([17, 23, 18]))
    assert (
        shown.startswith("UserInterests(4 interests of width 16, weights [0.")
        and "tens" not in shown
    )
    assert shown.endswith("], 3 items)")


@pytest.mark.processes
@pytest.mark.skipif(os.name == "nt", reason="it counts no time of other processes")
def test_a_new_python_answers_in_less_than_two_and_a_half_imports_of_torch(home):
    """Beside an import, as a second of a processor is not the same on all machines."""
    answer = "import bam; bam.load('run', 'device=cpu', 'threads=1').recommend([17, 23], 5)"
    spent = [[processor_seconds(code, home) for code in ("import torch", answer)] for _ in range(3)]
    torch_alone, answered = map(min, zip(*spent, strict=True))
    assert answered < 2.5 * torch_alone


def processor_seconds(code, folder):
    before = os.times()
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
    after = os.times()
    return sum(
        getattr(after, kind) - getattr(before, kind)
        for kind in ("children_user", "children_system")
    )
