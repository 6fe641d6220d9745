"""The page holds what the models find: the same numbers, for the same users and items."""

import base64
import hashlib
import re

import numpy as np
import pytest
import torch

from bam.errors import Mistake
from bam.evaluation.targets import distinct_targets
from bam.experiment.opened.ask import choices_of
from bam.experiment.opened.retriever import build_retriever
from bam.run.files import INTERESTS
from bam.serving.explore.categories import coverage, distinct_share, purity
from bam.serving.explore.projection import fit_projection
from tests.serving.explore.hostile import (
    COLD,
    TITLES,
    USERS,
    content_of,
    parts_of,
    train,
)


def unpack(packed, *shape):
    array = np.frombuffer(base64.b64decode(packed["base64"]), packed["type"])
    return torch.from_numpy(array.astype(np.float64)).view(*shape or (-1,))


@pytest.fixture
def soft(make):
    """The content of the page of a run, with lists of four items."""
    return content_of(make("run=soft", "n=4").read_text("utf-8"))


@pytest.fixture
def answer(made, soft, monkeypatch):
    """The run's own answer to the same users."""
    monkeypatch.chdir(made.folder)
    retriever = build_retriever(parts_of(made.soft), "test")
    histories = [retriever.users.history(user) for user in soft["users"]]
    found = retriever.recommend(histories, 4, choices_of(()))
    return retriever, found, found.found.each(4)


def ids(content, packed, *shape):
    """Items of the page by their ids; an empty id where there is none."""
    known = [*content["items"]["id"], ""]
    places = unpack(packed, *shape).long()
    return [[known[i] for i in row] for row in places.view(-1, places.shape[-1]).tolist()]


def test_every_user_is_on_the_page_with_the_items_that_came_before_the_target(soft, answer):
    retriever, found, _ = answer
    assert len(soft["users"]) == USERS
    offset = unpack(soft["history"]["offset"]).long().tolist()
    flat = ids(soft, soft["history"]["item"], 1, -1)[0]
    for place, history in enumerate(found.histories):
        expected = retriever.items.texts(history.items[-5:].tolist())
        assert flat[offset[place] : offset[place + 1]] == expected


def test_lists_are_the_ones_of_the_model(soft, answer):
    retriever, found, each = answer
    [model] = soft["models"]
    K, n = model["interests"], model["top_width"]
    assert (K, n) == (3, 4)
    expected = [retriever.items.texts(row) for row in each.item.view(-1, n).tolist()]
    assert ids(soft, model["top"], -1, n) == expected
    merged = [retriever.items.texts(row) for row in found.merged.item.tolist()]
    assert ids(soft, model["merged"], -1, n) == merged
    assert torch.equal(unpack(model["brought"], -1, n).long(), found.merged.interest)


def test_weights_and_routing_are_the_ones_of_the_model(soft, answer):
    _, found, _ = answer
    [model] = soft["models"]
    assert torch.equal(unpack(model["weight"], -1, 3).float(), found.found.weight)
    offset = unpack(model["feed_offset"]).long().tolist()
    feed = (unpack(model["feed"]) / 255) ** 2
    for place, feeds in enumerate(found.feeds):
        shown = feed[offset[place] : offset[place + 1]].view(3, -1)
        assert torch.allclose(shown, feeds[:, : shown.shape[1]].double(), atol=1 / 255)


def test_ranks_are_the_ones_of_the_evaluation(made, soft, monkeypatch):
    monkeypatch.chdir(made.folder)
    parts = parts_of(made.soft)
    ranking, [model] = parts.rank(parts.split.test), soft["models"]
    target = distinct_targets(parts.interactions.items, parts.split.test)
    assert torch.equal(unpack(model["rank"], -1, 1).long(), ranking.rank)
    assert torch.equal(unpack(model["winner"], -1, 1).long(), ranking.winner)
    stored = np.load(made.soft / "ranks.npy").reshape(-1, 1)
    assert np.array_equal(unpack(model["rank"], -1, 1).numpy(), stored)
    retriever = build_retriever(parts, "test")
    expected = [retriever.items.texts(row) for row in target.tolist()]
    assert ids(soft, soft["target"]["item"], -1, 1) == expected
    assert [COLD] in expected


def test_items_and_interests_are_projected_alike(soft, answer):
    retriever, found, _ = answer
    [model] = soft["models"]
    project = fit_projection(retriever.table, retriever.items.count)
    number = [retriever.items.number[text] for text in soft["items"]["id"]]
    places = unpack(model["item_place"], len(number), -1)
    assert torch.allclose(places, project(retriever.table[number]), atol=1e-5)
    interests = unpack(model["place"], -1, 3, places.shape[1])
    assert torch.allclose(interests, project(found.found.mixture.vectors), atol=1e-5)


def test_axes_are_orthogonal_and_explain_less_and_less():
    table = torch.randn(50, 6) * torch.tensor([5, 3, 2, 1, 1, 1])
    count = torch.arange(50)
    found = fit_projection(table, count)
    assert torch.allclose(found.axes.mT @ found.axes, torch.eye(3, dtype=torch.float64))
    _, singular, _ = torch.linalg.svd(table[1:].double() - table[1:].double().mean(0))
    expected = singular.square() / singular.square().sum()
    assert torch.allclose(found.share, expected[:3])


def test_items_with_equal_vectors_are_in_one_place():
    found = fit_projection(torch.ones(5, 4), torch.arange(5))
    assert found.share.tolist() == [0, 0, 0]
    assert found(torch.ones(2, 4)).abs().max() < 1e-12


def test_popular_items_are_to_the_right():
    count = torch.arange(30)
    table = torch.stack([-(count + 1.0).log() * 9, torch.randn(30)], 1)
    found = fit_projection(table, count)
    assert found(table)[-1, 0] > found(table)[1, 0] and found.popularity[0] > 0.99


def test_purity_is_the_share_of_the_commonest_category():
    genres = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]).bool()
    lists = torch.tensor([[1, 2, 3], [1, 1, 4], [4, 0, 0]])
    assert purity(lists, genres).nan_to_num(-1).tolist() == pytest.approx([2 / 3, 1, -1])


def test_coverage_is_the_share_of_the_wanted_categories_that_a_list_has():
    genres = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]]).bool()
    wanted = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0]]).bool()
    lists = torch.tensor([[1, 3], [1, 2], [1, 3], [1, 3], [0, 0]])
    assert coverage(lists, wanted, genres).nan_to_num(-1).tolist() == [0.5, 1, 0, -1, -1]


def test_an_item_of_two_lists_counts_once():
    lists = torch.tensor([[[1, 2], [2, 3]], [[1, 2], [3, 4]], [[5, 0], [5, 0]]])
    assert distinct_share(lists).tolist() == [0.75, 1, 0.5]


def test_dates_are_those_of_the_data(soft):
    offset = unpack(soft["history"]["offset"]).long()
    first = unpack(soft["history"]["day"]).long()[offset[:-1]]
    place = {user: i for i, user in enumerate(soft["users"])}
    # user u met an item a day from day u on; the last five of eight before the target are shown
    assert all(first[place[f"u<{u:02}>"]] == u + 3 for u in range(USERS))


def test_no_title_becomes_a_tag(make):
    text = make("run=soft").read_text("utf-8")
    assert text.count("<script") == 2 and text.count("</script>") == 2
    assert "<img" not in text and "<b onclick" not in text
    found = content_of(text)["items"]
    titles = dict(zip(found["id"], found["title"], strict=True))
    shown = {item: " ".join(title.split()) for item, title in TITLES.items()}
    assert shown == {item: titles[item] for item in TITLES}


def test_the_policy_allows_this_style_and_this_script_alone(make):
    text = make("run=soft").read_text("utf-8")
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    inside = [re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL) for tag in ("style", "script")]
    for [part], source in zip(inside, ("style-src", "script-src"), strict=True):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{source} 'sha256-{digest}'" in policy
    assert not re.findall(
        r"(?:src|href)=(?![\"']?(?:#|data:))", text.partition("application/json")[0]
    )


def test_two_runs_are_shown_side_by_side_with_their_own_numbers_of_interests(make):
    found = content_of(make("run=soft", "against=hard").read_text("utf-8"))
    assert [(one["name"], one["interests"]) for one in found["models"]] == [
        ("selection=p", 3),
        ("selection=hard", 2),
    ]
    widths = [unpack(one["feed_offset"]).diff().unique().tolist() for one in found["models"]]
    assert widths == [[5 * 3], [4 * 2]]  # the second reads four items


def test_what_is_no_second_run_is_named_by_its_option(make):
    with pytest.raises(Mistake, match=r"against must be the folder of a run, with a config.yaml"):
        make("run=soft", "against=.")


def test_runs_of_different_data_are_refused(make):
    with pytest.raises(Mistake, match="against must be a run of the same data as run=soft"):
        make("run=soft", "against=unnamed")


def test_all_targets_of_a_user_are_on_the_page_however_short_the_lists_are(made, make, monkeypatch):
    monkeypatch.chdir(made.folder)
    train("many", *made.data, "split=unseen_users", "split.test_share=0.4",
          "split.target_share=0.5", "selection=hard")  # fmt: skip
    found = content_of(make("run=many", "n=1").read_text("utf-8"))
    parts = parts_of(made.folder / "many")
    rank, width = parts.rank(parts.split.test).rank, found["target"]["width"]
    assert width == rank.shape[1] > 1
    assert torch.equal(unpack(found["models"][0]["rank"], -1, width).long(), rank)


def test_data_without_titles_categories_and_times_have_none_on_the_page(make):
    found = content_of(make("run=unnamed").read_text("utf-8"))
    assert found["items"]["title"] is None and found["items"]["categories"] == []
    assert found["history"]["day"] is None
    [model] = found["models"]
    assert unpack(model["purity"]).isnan().all() and unpack(model["coverage"]).isnan().all()


def test_a_seed_draws_the_same_users_and_ids_choose_them(make):
    def users(*options):
        return content_of(make("run=soft", *options).read_text("utf-8"))["users"]

    drawn = users("sample=7")
    assert len(drawn) == 7 and drawn == users("sample=7") != users("sample=7", "seed=1")
    assert users("users=['u<04>','u<02>']") == ["u<04>", "u<02>"]


def test_the_map_has_popular_items_and_all_that_are_shown(make):
    few = content_of(make("run=soft", "items=1", "sample=1", "n=2").read_text("utf-8"))
    shown = {*unpack(few["history"]["item"]).tolist(), *unpack(few["target"]["item"]).tolist()}
    for name in ("top", "merged"):
        shown |= {*unpack(few["models"][0][name]).tolist()}
    assert shown | {0.0} == {float(i) for i in range(len(few["items"]["id"]))}
    count = unpack(few["items"]["count"])
    assert torch.equal(count, count.sort(descending=True).values)


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("users=all", "users must be a list, such as \\[all\\], got 'all'"),
        ("users=[nobody]", "users must be test users of the data set who have a history, got 'nob"),
        ("sample=some", "sample must be a number, got 'some'"),
        ("sample=0", "sample must be at least 1, got 0"),
        ("n=0", "n must be at least 1, got 0"),
        ("items=0", "items must be at least 1, got 0"),
        ("output=page.txt", r"output must be an \.html file in a folder that exists"),
        ("output=nowhere/page.html", r"output must be an \.html file in a folder that exists"),
    ],
)
def test_a_wrong_option_is_refused(make, option, sentence):
    with pytest.raises(Mistake, match=sentence):
        make("run=soft", option)


def test_it_is_in_the_folder_of_the_run_or_where_one_wants_it(make, made):
    assert make("run=hard").name.endswith(f"-{INTERESTS}")
    assert not (made.folder / "page.html").exists()
    assert make("run=hard", "output=page.html").name.endswith("-page.html")


def test_a_user_takes_few_bytes(make):
    one, all_users = (len(make("run=soft", f"sample={n}").read_bytes()) for n in (1, USERS))
    assert (all_users - one) / (USERS - 1) < 300
