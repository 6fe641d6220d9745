"""What the server answers, and what it refuses with one sentence."""

import asyncio
import threading
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
import torch

from bam.serving.answers import recommend
from bam.serving.histories import read_history
from bam.serving.server.answer import similar
from bam.serving.server.app import build_app
from bam.serving.server.lookup import find_items
from bam.serving.server.page import page
from bam.serving.server.workers import Workers
from tests.serving.server import small

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path):
    return small.write(tmp_path / "export", "first")


@pytest.fixture
def client(folder):
    """A client of a small server in this process."""
    return Client(small.app(folder))


class Client:
    """Sends one request after the other."""

    def __init__(self, app):
        self.app = app

    def __call__(self, method, path, **request):
        return asyncio.run(self.send(method, path, **request))

    async def send(self, method, path, **request):
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, **request)

    def post(self, path, **query):
        return self("POST", path, json=query).json()


def test_a_list_is_that_of_the_model_in_the_ids_of_the_data_set(client):
    [answer] = client.post("/recommend", histories=[["007", "a/b", 12]], n=4)["answers"]
    model = small.retriever("first")
    history = read_history(model.items, ["007", "a/b", "12"])
    rows = recommend(model, [history], 4, small.CHOICES).rows(named=True)
    assert [(one["item"], one["title"], one["score"]) for one in answer["items"]] == [
        (row["item"], row["title"], row["score"]) for row in rows
    ]
    assert [one["interest"] for one in answer["items"]] == [row["interest"] for row in rows]


def test_users_come_first_and_histories_follow_in_their_order(client):
    answers = client.post("/recommend", users=["u2", "u0"], histories=[["12"], ["13"]])["answers"]
    assert [answer["user"] for answer in answers] == ["u2", "u0", None, None]
    alone = [client.post("/recommend", histories=[[one]])["answers"][0] for one in ("12", "13")]
    for one, other in zip(answers[2:], alone, strict=True):
        assert [item["item"] for item in one["items"]] == [item["item"] for item in other["items"]]


@pytest.mark.parametrize("history", [[], ["nothing"]])
def test_without_a_known_item_the_most_popular_ones_come_and_a_note_has_the_reason(client, history):
    [answer] = client.post("/recommend", histories=[history], n=2)["answers"]
    assert [item["item"] for item in answer["items"]] == ["007", "1e5"]
    assert answer["items"][0]["score"] is answer["items"][0]["interest"] is None
    assert "most popular" in answer["notes"][-1] and len(answer["notes"]) == 1 + len(history)
    assert client.post("/interests", histories=[history])["answers"][0]["interests"] == []


def test_interests_have_vectors_the_items_that_feed_them_and_the_items_that_they_bring(client):
    [answer] = client.post("/interests", histories=[["12", "13", "14"]], n=3)["answers"]
    model = small.retriever("first")
    history = read_history(model.items, ["12", "13", "14"])
    [found] = model.interests([history], small.CHOICES.weighting)
    assert sum(one["weight"] for one in answer["interests"]) == pytest.approx(1)
    assert sorted(one["interest"] for one in answer["interests"]) == [1, 2, 3]
    for one in answer["interests"]:
        k = one["interest"] - 1
        assert one["vector"] == found.vectors[k].tolist()
        shares = {item["item"]: item["share"] for item in one["history"]}
        routing = dict(zip(["12", "13", "14"], found.routing[k].tolist(), strict=True))
        assert shares == pytest.approx(routing)
        scores = model.table[1:] @ found.vectors[k]
        scores[[11, 12, 13]] = -torch.inf  # what the user has met
        assert [item["score"] for item in one["items"]] == pytest.approx(scores.topk(3)[0].tolist())


@pytest.mark.parametrize("item", [*small.ODD.values(), "12"])
def test_similar_items_have_the_largest_cosines_also_of_odd_ids(client, item):
    answer = client("GET", "/similar", params={"item": item, "n": 3}).json()
    if item not in (".", "..", "a\nb"):
        path = f"/items/{quote(item, safe='')}/similar"
        assert client("GET", path, params={"n": 3}).json() == answer
    table = torch.nn.functional.normalize(small.retriever("first").table[1:], dim=1)
    number = small.retriever().items.number[item] - 1
    cosine = table @ table[number]
    cosine[number] = -torch.inf
    assert answer["item"] == item
    found = [one["cosine"] for one in answer["similar"]]
    assert found == pytest.approx(cosine.topk(3)[0].tolist(), abs=1e-5)


def test_items_and_users_are_found_by_a_part_of_their_names(client):
    found = client("GET", "/items", params={"search": "FIRST <4", "n": 2}).json()["items"]
    assert [one["item"] for one in found] == ["a/b", "40"]  # of 4 and 40 to 49, the popular ones
    assert client("GET", "/items", params={"search": "40"}).json()["items"][0]["item"] == "40"
    assert client("GET", "/users", params={"search": "u", "n": 2}).json() == {"users": ["u0", "u1"]}


def test_many_found_items_are_ordered_together(monkeypatch):
    """One by one, a text in every title of a large catalogue takes a second of a core."""
    items = small.retriever("first").items
    monkeypatch.setattr(torch.Tensor, "__int__", lambda _: pytest.fail("one count was read"))
    found = find_items(items, "first", 3)["items"]
    assert [one["item"] for one in found] == items.texts(items.popular[:3].tolist())


WRONG = [
    ("GET", "/nothing", {}, 404, "there is no such address"),
    ("DELETE", "/recommend", {}, 405, "does not take this method"),
    ("POST", "/recommend", {"content": "{}"}, 415, "Content-Type must be application/json"),
    ("POST", "/recommend", {"content": "{", "headers": JSON}, 422, "the body must be JSON"),
    ("POST", "/recommend", {"headers": JSON}, 422, "the body must be given"),
    ("POST", "/recommend", {"content": b"\xff\xff", "headers": JSON}, 400, "in UTF-8"),
    ("POST", "/recommend", {"content": "[" * 10_000, "headers": JSON}, 400, "must be JSON"),
    ("POST", "/recommend", {"json": {"n": 11}}, 422, "n must be less than or equal to 10, got 11"),
    ("POST", "/recommend", {"json": {"n": "5"}}, 422, "n must be a valid integer, got '5'"),
    ("POST", "/recommend", {"json": {"x": 1}}, 422, "x is no option"),
    ("POST", "/recommend", {"json": {"a\n\x1b": 1}}, 422, r"a\n\x1b is no option"),
    ("POST", "/recommend", {"json": {"histories": [[1.5]]}}, 422, "histories[0][0] must be text"),
    ("POST", "/recommend", {"json": {"histories": [["1" * 21]]}}, 422, "at most 20 characters"),
    ("POST", "/recommend", {"json": {"histories": [["1"] * 31]}}, 422, "at most 30 items"),
    ("POST", "/recommend", {"json": {"histories": [[]] * 5}}, 422, "at most 4 items"),
    ("POST", "/recommend", {"json": {"users": ["u9"]}}, 404, "users must be users of first"),
    ("GET", "/items/nothing/similar", {}, 404, "the item must be one of first, got 'nothing'"),
    ("GET", f"/items/{'1' * 21}/similar", {}, 422, "at most 20 characters"),
    ("GET", "/similar?item=nothing", {}, 404, "the item must be one of first, got 'nothing'"),
    ("GET", f"/similar?item={'1' * 21}", {}, 422, "at most 20 characters"),
    ("GET", f"/items?search={'1' * 21}", {}, 422, "at most 20 characters"),
    ("GET", f"/users?search={'1' * 21}", {}, 422, "at most 20 characters"),
    ("GET", "/similar?item=12&n=0", {}, 422, "n must be greater than or equal to 1, got '0'"),
]  # fmt: skip


@pytest.mark.parametrize("method, path, request_, status, sentence", WRONG)
def test_a_wrong_request_is_refused_with_one_sentence(
    client, method, path, request_, status, sentence
):
    answer = client(method, path, **request_)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"] and sentence in answer.json()["error"]
    assert "\n" not in answer.json()["error"] and len(answer.json()["error"]) < 200


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client, announced):
    sent = []

    async def body():
        for _ in range(100):
            sent.append(1)
            yield b"[" * 1000

    header = {"Content-Length": "100000"} if announced else {}
    answer = client("POST", "/recommend", content=body(), headers={**JSON, **header})
    assert answer.status_code == 413 and "at most 20000 bytes" in answer.json()["error"]
    assert len(sent) <= (0 if announced else 21)


def test_a_body_that_arrives_too_slowly_is_refused(folder):
    client = Client(small.app(folder, limits=replace(small.LIMITS, seconds=0.05)))

    async def body():
        yield b"{"
        await asyncio.sleep(5)

    answer = client("POST", "/recommend", content=body(), headers=JSON)
    assert answer.status_code == 408 and "within 0.05 seconds" in answer.json()["error"]


class Slow:
    """A model that answers when it may."""

    def __init__(self):
        self.may, self.begun = threading.Event(), 0

    def load(self, folder):
        model = small.open_small(folder)

        def encode(history, times):
            if len(history) == 2:  # the check of a new model has one history
                self.begun += 1
                assert self.may.wait(10)
            return model.encoder(history, times)

        return replace(model, encoder=encode)


def test_requests_beyond_the_queue_are_refused_with_the_time_after_which_to_try_again(folder):
    slow = Slow()
    limits = replace(small.LIMITS, waiting=2)
    client = Client(small.app(folder, load=slow.load, limits=limits, threads=1))

    async def calls():
        query = {"json": {"histories": [["12"], ["13"]]}}
        pending = [asyncio.create_task(client.send("POST", "/recommend", **query)) for _ in "12345"]
        early, _ = await asyncio.wait(pending, timeout=0.3)
        health = await client.send("GET", "/health")
        slow.may.set()
        return [one.result() for one in early], await asyncio.gather(*pending), health

    early, every, health = asyncio.run(calls())
    assert [answer.status_code for answer in early] == [503, 503]
    assert {answer.headers["Retry-After"] for answer in early} == {"1"}
    assert sorted(answer.status_code for answer in every) == [200, 200, 200, 503, 503]
    assert health.status_code == 200 and "busy" in early[0].json()["error"]
    assert client.post("/recommend", histories=[["12"]])["answers"]


def test_a_thread_that_answers_computes_with_one_core():
    workers = Workers(threads=2, waiting=1, seconds=10.0)
    assert asyncio.run(workers.run(torch.get_num_threads)) == 1


def test_an_answer_that_takes_too_long_is_given_up_and_what_waits_for_it_never_begins(folder):
    slow = Slow()
    limits = replace(small.LIMITS, seconds=0.1)
    client = Client(small.app(folder, load=slow.load, limits=limits, threads=1))

    async def calls():
        query = {"json": {"histories": [["12"], ["13"]]}}
        return await asyncio.gather(*(client.send("POST", "/recommend", **query) for _ in "123"))

    answers = asyncio.run(calls())
    slow.may.set()
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert "longer than 0.1 seconds" in answers[0].json()["error"]
    assert slow.begun == 1


def test_a_bug_is_a_sentence_for_the_client_and_a_traceback_in_the_log(folder, caplog):
    def load(folder):
        model = small.open_small(folder)

        def encode(history, times):
            if len(history) == 1:
                return model.encoder(history, times)
            raise ValueError("an id\nof a stranger")

        return replace(model, encoder=encode)

    client = Client(small.app(folder, load=load))
    answer = client("POST", "/recommend", json={"histories": [["12"], ["13"]]})
    assert answer.status_code == 500
    assert answer.json() == {"error": "an error of the server; its log has more"}
    [record] = caplog.records
    assert "in encode" in record.getMessage()
    assert record.getMessage().endswith("ValueError: 'an id\\nof a stranger'")


def test_only_the_names_of_this_machine_reach_the_server_where_they_are_given(folder):
    client = Client(small.app(folder, hosts=("LocalHost", "[::1]")))
    hosts = [
        ("localhost:80", 200),
        ("LocalHost", 200),
        ("[::1]:80", 200),
        ("[::1]", 200),
        ("x.org", 400),
    ]
    for host, status in hosts:
        answer = client("GET", "/health", headers={"Host": host})
        assert answer.status_code == status
    assert "hosts (localhost, [::1])" in answer.json()["error"]


def test_padding_is_similar_to_nothing():
    opposite = small.retriever(num_items=4)
    opposite.table[1:] = torch.tensor([1.0, -1.0, -2.0, -3.0])[:, None]
    found = similar(opposite, opposite.items.texts([1])[0], 10)["similar"]
    assert {one["item"] for one in found} == {*opposite.items.texts([2, 3, 4])}


def test_no_other_site_may_read_an_answer(client):
    answer = client("GET", "/health", headers={"Origin": "http://x.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    first = {"Origin": "http://x.org", "Access-Control-Request-Method": "POST"}
    assert client("OPTIONS", "/recommend", headers=first).status_code == 405


def test_health_has_the_choices_and_the_model(client):
    health = client("GET", "/health").json()
    assert health["choices"] == {"merge": "score", "max_cosine": 1.0}
    assert (health["data"], health["items"], health["users"]) == ("first", 40, 6)
    assert health["limits"]["n"] == 10 and health["refused"] == ""


def test_prometheus_reads_requests_times_users_and_the_model(folder):
    service = small.service(folder)
    client = Client(build_app(service, ()))
    service.figures.show_model(service.live)
    client.post("/recommend", histories=[["12"], []], users=["u0"])
    client("GET", "/similar?item=12")
    client("GET", "/secret-id-of-a-stranger")
    text = client("GET", "/metrics").text
    assert 'bam_requests_total{path="/recommend",status="200"} 1.0' in text
    assert 'bam_requests_total{path="/similar",status="200"} 1.0' in text
    assert 'bam_request_seconds_count{path="/recommend"} 1.0' in text
    assert "bam_users_answered_total 3.0" in text and 'data="first"' in text
    assert "stranger" not in text


def test_the_page_needs_nothing_but_the_server(client):
    text, policy = page()
    answer = client("GET", "/")
    assert answer.text == text and answer.headers["Content-Security-Policy"] == policy
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy
    assert "http://" not in text and "https://" not in text and "innerHTML" not in text


def test_a_hundred_requests_at_once_get_the_answers_that_each_gets_alone(client):
    histories = [[str(10 + i % 30), str(10 + i * 7 % 30)] for i in range(100)]

    async def calls():
        queries = [{"histories": [history], "n": 3} for history in histories]
        return await asyncio.gather(
            *(client.send("POST", "/recommend", json=query) for query in queries)
        )

    answers = asyncio.run(calls())
    served = [answer for answer in answers if answer.status_code == 200]
    assert len(served) >= 52 and {answer.status_code for answer in answers} <= {200, 503}
    for history, answer in zip(histories[:5], answers, strict=False):
        assert answer.json() == client.post("/recommend", histories=[history], n=3)


def test_a_model_that_needs_times_answers_users_alone(tmp_path):
    def load(folder):
        model = small.open_small(folder)
        users = replace(model.users, times=torch.arange(len(model.users.items)))
        return replace(model, users=users, without_times="intervals=positions")

    client = Client(small.app(small.write(tmp_path / "export", "first"), load=load))
    refused = client("POST", "/recommend", json={"users": ["u1"], "histories": [["007"]]})
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("histories must be empty: this model needs times")
    [unknown] = client.post("/recommend", histories=[["zz"]])["answers"]
    assert unknown["items"]
