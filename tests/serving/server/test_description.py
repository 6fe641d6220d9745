"""Requests made from the server's description of itself, right ones and wrong ones.

`make check-server` sends more than 10,000 of them.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode

from tests.serving.server import small

CASES = max(30, settings().max_examples // 2)  # of each address
answers = Counter()


def described():
    """The description of a small server; its folder may go, for its model is read."""
    with TemporaryDirectory() as folder:
        limits = replace(small.LIMITS, seconds=60.0)  # also where the machine is busy
        server = small.app(small.write(Path(folder) / "export", "first"), limits=limits)
    return schemathesis.openapi.from_asgi("/openapi.json", server)


schema = described()
ITEMS = small.retriever().items.frame["id"].to_list()[1:]
USERS = small.retriever().users.ids.to_list()


def name_known_ids(case):
    """Ids that are there in the place of half of those that are drawn."""
    if isinstance(case.body, dict):
        histories = case.body.get("histories", [])
        case.body["histories"] = [[known(one, ITEMS) for one in each] for each in histories]
        case.body["users"] = [known(one, USERS) for one in case.body.get("users", [])]
    for given, name in ((case.path_parameters, "id"), (case.query, "item")):
        if name in (given or {}):
            given[name] = known(given[name], ITEMS)


def known(drawn, ids):
    place = crc32(repr(drawn).encode("utf-8", "surrogatepass"))
    return ids[place % len(ids)] if place % 3 else drawn


def check_answer(case):
    if case.meta.generation.mode == GenerationMode.POSITIVE:
        name_known_ids(case)
    answer = case.call()
    answers[case.operation.path, answer.status_code] += 1
    case.validate_response(answer)
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"] and "\n" not in answer.json()["error"]
    assert b"NaN" not in answer.content and b"Traceback" not in answer.content


def requests_of(path):
    """A test of the answers of one address."""

    # torch draws numbers in the server's threads while Hypothesis draws a request
    @pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
    @schema.include(path=path).parametrize()
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    def every_answer_is_as_described_and_every_wrong_request_is_refused(case):
        check_answer(case)

    return every_answer_is_as_described_and_every_wrong_request_is_refused


test_recommend_answers_as_described = requests_of("/recommend")
test_interests_answers_as_described = requests_of("/interests")
test_items_answers_as_described = requests_of("/items")
test_similar_answers_as_described = requests_of("/items/{id}/similar")
test_similar_to_answers_as_described = requests_of("/similar")
test_users_answers_as_described = requests_of("/users")
test_health_answers_as_described = requests_of("/health")
test_metrics_answers_as_described = requests_of("/metrics")


SIMILAR = ("/items/{id}/similar", "/similar")


def test_every_address_is_called_in_right_and_in_wrong_ways():
    print(f"{sum(answers.values())} requests: {dict(answers)}")
    for path in ("/recommend", "/interests", "/items", "/users", *SIMILAR):
        assert answers[path, 422] and answers[path, 200]
    assert {path for path, _ in answers} == set(schema)
    for path in ("/recommend", *SIMILAR):
        assert answers[path, 404]
