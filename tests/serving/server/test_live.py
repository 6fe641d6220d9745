"""The model is exchanged when its folder is replaced, and no request fails."""

import asyncio
import logging
from functools import partial

import httpx
import pytest

from bam.errors import Mistake
from bam.serving.server import live as module
from bam.serving.server.answer import check
from bam.serving.server.app import build_app
from bam.serving.server.live import Live, Source
from tests.serving.server import small


@pytest.fixture
def folder(tmp_path):
    return small.write(tmp_path / "export", "first")


def live(folder, load=small.open_small):
    return Live(Source(folder, small.FILE, load), partial(check, choices=small.CHOICES))


def test_a_folder_that_is_replaced_is_taken_and_the_request_before_keeps_its_model(folder):
    lives = live(folder)
    before = lives.model
    assert not lives.refresh()
    small.write(folder, "second")
    assert lives.refresh() and not lives.refresh()
    assert (before.retriever.data, lives.model.retriever.data) == ("first", "second")
    assert before.checksum != lives.model.checksum


@pytest.mark.parametrize("content", ["{", '{"name": "x", "size": 1}', ""])
def test_a_damaged_folder_is_refused_once_and_the_model_before_goes_on(folder, caplog, content):
    lives = live(folder)
    (folder / small.FILE).write_text(content)
    with caplog.at_level(logging.ERROR):
        assert lives.refresh() and not lives.refresh()
    [record] = caplog.records
    assert "is refused" in record.getMessage() and record.exc_info is None
    assert lives.model.retriever.data == "first" and lives.refusal
    small.write(folder, "third")
    assert lives.refresh() and lives.model.retriever.data == "third" and not lives.refusal


def test_a_model_whose_scores_are_no_numbers_is_refused(folder):
    def load(folder):
        model = small.open_small(folder)
        model.table.fill_(float("nan"))
        return model

    with pytest.raises(Mistake, match="scores must be finite numbers"):
        live(folder, load)


def test_a_folder_that_is_gone_is_waited_for(folder):
    lives = live(folder)
    folder.rename(folder.with_name("elsewhere"))
    assert not lives.refresh()
    small.write(folder, "second")
    assert lives.refresh() and lives.model.retriever.data == "second"


def test_what_is_replaced_while_it_is_read_is_read_again(folder):
    names = iter(["second", "third"])

    def load(folder):
        model = small.open_small(folder)
        if name := next(names, ""):
            small.write(folder, name)
        return model

    lives = live(folder, load)
    assert lives.refresh() and lives.refresh() and not lives.refresh()
    assert lives.model.retriever.data == "third"


def test_a_folder_replaced_during_a_thousand_requests_gives_no_failed_answer(folder, monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.005)
    service = small.service(folder)
    app = build_app(service, ())
    seen = []

    async def ask(client, number):
        for i in range(number):
            query = {"histories": [[str(10 + i % 30), "9"]], "n": 3}
            answer = await client.post("/recommend", json=query)
            titles = {one["title"].split()[1] for one in answer.json()["answers"][0]["items"]}
            seen.append((answer.status_code, *titles))

    async def replace_again_and_again():
        for number in range(1, 1000):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(small.write, folder, f"name{number}", number)

    async def both():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            watching = asyncio.create_task(module.watch(service.live, lambda: None))
            replacing = asyncio.create_task(replace_again_and_again())
            await asyncio.gather(*(ask(client, 100) for _ in range(10)))
            replacing.cancel()
            watching.cancel()

    asyncio.run(both())
    assert len(seen) == 1000
    assert {status for status, *_ in seen} == {200}
    assert all(len(names) == 1 for _, *names in seen)  # one answer is of one model
    assert len({name for _, name in seen}) > 3
