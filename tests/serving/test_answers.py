"""The lists of a model: those of the evaluation, in the ids of the data set, with their reasons."""

import math
from dataclasses import replace

import polars as pl
import pytest
import torch

from bam.evaluation.balance import winners
from bam.experiment.opened.retriever import build_retriever
from bam.records import PAD
from bam.serving.answers import notes
from bam.serving.explain import shares
from bam.serving.histories import History, pad_histories, read_history
from bam.serving.retriever import feeds
from tests.conftest import options
from tests.histories import mixture_of
from tests.serving.planted import lists, parts, retriever


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("planted")


@pytest.fixture(scope="module")
def model(folder):
    return retriever(folder)


MODELS = [
    *((f"aggregation={name}",) for name in options("aggregation")),
    ("similarity=cosine", "similarity.temperature=0.1", "aggregation=logsumexp"),
    ("backbone=mind", "aggregation=gate"),
    ("backbone=comirec_dr",),
    ("backbone=gru4rec", "num_interests=1"),
    ("backbone=transformer", "readout=heads", "aggregation=gate"),
    ("backbone=popularity", "num_interests=1", "table=counts"),
    ("evaluation=repeats",),
]


@pytest.mark.parametrize("overrides", MODELS, ids=" ".join)
def test_the_lists_until_the_test_are_those_of_the_evaluation(folder, overrides):
    built = parts(folder, *overrides)
    ranking = built.rank(built.split.test, list_length=10)
    found = build_retriever(built, "test")
    seen = "exclude_seen=" + str("evaluation=repeats" not in overrides).lower()
    table = lists(found, found.users.all(), seen, n=10).table()
    expected = [found.items.texts(row) for row in ranking.top.tolist()]
    by_user = table.group_by("user", maintain_order=True).agg("item", "interest")
    assert by_user["user"].to_list() == found.users.ids.to_list()
    if "backbone=popularity" in overrides:  # many counts tie, in an order that serving leaves open
        counts = built.step.model.table()[:, 0].tolist()
        count = dict(zip(found.items.texts(range(len(counts))), counts, strict=True))
        listed_counts = [[count[item] for item in row] for row in by_user["item"]]
        assert listed_counts == [[count[item] for item in row] for row in expected]
    else:
        assert by_user["item"].to_list() == expected
    assert by_user["interest"].to_list() == (ranking.top_winner + 1).tolist()
    target = built.interactions.items[built.split.test.cut].tolist()
    for listed, item, rank in zip(
        expected, found.items.texts(target), ranking.rank[:, 0].tolist(), strict=True
    ):
        place = listed.index(item) + 1 if item in listed else 11
        assert place == min(rank, 11) or (place < rank and "backbone=popularity" in overrides)


@pytest.mark.parametrize("merge", options("merge"))
@pytest.mark.parametrize("overrides", [(), ("backbone=gru4rec", "num_interests=1")], ids=str)
def test_a_list_has_no_padding_no_seen_item_and_no_item_twice(folder, overrides, merge):
    found = retriever(folder, "now", *overrides)
    users = found.users.all()[:9]
    table = lists(found, users, f"merge={merge}", n=12).table()
    for history, rows in zip(users, table.partition_by("user", maintain_order=True), strict=True):
        listed = rows["item"].to_list()
        assert rows["place"].to_list() == list(range(1, 13)) and len({*listed}) == 12
        assert not {*listed} & {*found.items.texts(history.items.tolist()), ""}


@pytest.mark.parametrize("merge", options("merge"))
def test_one_interest_gives_the_same_list_by_every_merge(folder, merge):
    found = retriever(folder, "now", "num_interests=1", "backbone=gru4rec")
    users = found.users.all()[:4]
    expected = lists(found, users).table()
    assert lists(found, users, f"merge={merge}").table()["item"].equals(expected["item"])


def test_seen_items_may_be_wanted(model):
    users = model.users.all()[:9]
    table = lists(model, users, "exclude_seen=false", n=40).table()
    assert any(
        {*rows["item"]} & {*model.items.texts(history.items.tolist())}
        for history, rows in zip(
            users, table.partition_by("user", maintain_order=True), strict=True
        )
    )


def test_more_items_than_there_are_give_all_that_are_left(model):
    history = model.users.all()[0]
    count = len(model.items.frame) - 1
    table = lists(model, [history], n=10 * count).table()
    assert len(table) == count - len(history.items.unique())
    answer = next(lists(model, [history], n=10 * count, per_interest=10 * count).answers())
    assert [one.item for one in answer.items] == table["item"].to_list()


def test_the_order_of_users_and_the_size_of_a_block_do_not_matter(model, monkeypatch):
    users = model.users.all()[:20]
    expected = lists(model, users).table()
    monkeypatch.setattr("bam.serving.answers.USERS", 3)
    assert lists(model, users).table().equals(expected)
    turned = lists(model, users[::-1]).table()
    assert turned.sort("user", "place").equals(expected.sort("user", "place"))


def test_interests_that_point_the_same_way_are_one(model):
    users = model.users.all()[:9]
    answers = list(lists(model, users, "max_cosine=-1").answers())
    assert {len(answer.interests) for answer in answers} == {1}
    for answer in answers:
        assert answer.interests[0].weight == pytest.approx(1)
        assert {one.interest for one in answer.items} == {answer.interests[0].interest}


def test_an_answer_has_the_list_of_the_table_and_its_reasons(model):
    users = model.users.all()[:9]
    table = lists(model, users).table().partition_by("user", maintain_order=True)
    for history, rows, answer in zip(users, table, lists(model, users).answers(), strict=True):
        assert answer.user == history.user and answer.notes == notes(model.items, history)
        assert [one.item for one in answer.items] == rows["item"].to_list()
        assert [one.interest for one in answer.items] == rows["interest"].to_list()
        weights = [one.weight for one in answer.interests]
        assert weights == sorted(weights, reverse=True) and sum(weights) == pytest.approx(1)
        assert sorted(one.interest for one in answer.interests) == [1, 2, 3]
        read = model.items.texts(history.items[-model.history_length :].tolist())
        for interest in answer.interests:
            assert {one.item for one in interest.history} <= {*read}
            parts = [one.share for one in interest.history]
            assert parts == sorted(parts, reverse=True) and sum(parts) <= 1 + 1e-6
            scores = [one.score for one in interest.items]
            assert scores == sorted(scores, reverse=True) and len(scores) == 3


def test_an_item_is_brought_by_the_interest_that_scores_it_highest(model):
    users = model.users.all()[:9]
    table = lists(model, users).table()
    mixture = model.encoder(*pad_histories(users, model.history_length))
    item = torch.tensor([model.items.number[text] for text in table["item"]]).view(9, 5)
    expected = winners(mixture, model.table[item]) + 1
    assert table["interest"].to_list() == expected.flatten().tolist()


def test_the_shares_of_an_item_that_comes_twice_are_one():
    read = torch.tensor([[4, 5, 4, PAD]])
    feeds = torch.tensor([[[0.1, 0.2, 0.1, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    found = shares(feeds, read)
    torch.testing.assert_close(found, torch.tensor([[[0.5, 0.5, 0, 0], [0, 0, 0, 0]]]))


def test_without_routing_an_item_feeds_the_interests_by_the_softmax_of_their_scores():
    table, read = torch.randn(5, 4), torch.tensor([[3, 1, PAD]])
    vectors, gate = torch.randn(1, 2, 4), torch.tensor([[0.7, 0.3]]).log()
    found = feeds(mixture_of(vectors, gate), read, table)
    for place, item in enumerate([3, 1]):
        odds = [
            math.exp(float(m.double() @ table[item].double()) + float(g))
            for m, g in zip(vectors[0], gate[0], strict=True)
        ]
        assert found[0, :, place].tolist() == pytest.approx([o / sum(odds) for o in odds], abs=1e-6)
    assert found[0, :, 2].tolist() == [0, 0]
    routing = torch.rand(1, 2, 3)
    assert feeds(replace(mixture_of(vectors, gate), routing=routing), read, table) is routing


@pytest.mark.parametrize("overrides", MODELS[-4:], ids=" ".join)
def test_every_kind_of_model_gives_reasons(folder, overrides):
    found = retriever(folder, "now", *overrides)
    users = found.users.all()[:3]
    for answer in lists(found, users).answers():
        for interest in answer.interests:
            assert 0 < sum(one.share for one in interest.history) <= 1 + 1e-6
            assert len(interest.items) == 3


def test_a_history_of_nothing_gets_the_popular_items_and_says_so(model):
    unknown = read_history(model.items, ["x7", "x8"], "a")
    known = replace(model.users.all()[0], user="b")
    nobody = read_history(model.items, [], "c")
    table = lists(model, [unknown, known, nobody]).table()
    popular = model.items.texts(model.items.popular[:5].tolist())
    for user in "ac":
        rows = table.filter(pl.col("user") == user)
        assert rows["item"].to_list() == popular and rows["place"].to_list() == [1, 2, 3, 4, 5]
        assert rows["score"].null_count() == rows["interest"].null_count() == 5
    answers = list(lists(model, [unknown, known, nobody]).answers())
    assert [one.item for one in answers[0].items] == popular
    assert answers[0].notes == [
        "left out, as the data set has no such item: x7, x8",
        "no known item in the history: these are the most popular items",
    ]
    assert answers[2].notes == answers[0].notes[1:] and answers[0].interests == []
    assert lists(model, [unknown]).table()["item"].to_list() == popular
    counts = model.items.count[model.items.popular]
    assert (counts[:-1] >= counts[1:]).all()


def test_an_unknown_item_is_left_out_and_named(model):
    texts = model.items.texts([3, 4, 5])
    history = read_history(model.items, [texts[0], "x7", *texts[1:], "007"])
    assert history.items.tolist() == [3, 4, 5] and history.unknown == ("x7", "007")
    assert notes(model.items, history) == ["left out, as the data set has no such item: x7, 007"]
    without = read_history(model.items, texts)
    assert lists(model, [history]).table().equals(lists(model, [without]).table())


def test_items_without_a_training_interaction_are_cold(model):
    count = model.items.count.clone()
    best = lists(model, model.users.all()[:1]).table()["item"][0]
    for number in (3, model.items.number[best]):
        count[number] = 0
    cold = replace(model, items=replace(model.items, count=count))
    user = model.users.all()[0]
    history = History("a", torch.cat([torch.tensor([3]), user.items]), (), user.items[:0])
    [answer] = lists(cold, [history]).answers()
    assert answer.notes[0].startswith("cold, as no interaction has trained them: ")
    assert cold.items.texts([3])[0] in answer.notes[0]
    assert answer.items[0].item == best
    assert [one.cold for one in answer.items] == [True, False, False, False, False]
    assert lists(cold, [history]).table()["cold"].to_list() == [True, *[False] * 4]


def test_no_users_give_a_table_without_rows(model):
    table = lists(model, []).table()
    assert table.is_empty() and table.schema == lists(model, model.users.all()[:1]).table().schema
