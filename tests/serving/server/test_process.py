"""The server as its own process: many clients, a replaced folder, and its end."""

import asyncio
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from bam.errors import Mistake
from bam.serving.server.run import listen
from tests.conftest import ROOT
from tests.serving.server import load, small

pytestmark = pytest.mark.processes


@contextmanager
def serving(folder):
    command = (sys.executable, "-m", "tests.serving.server.load", str(folder), "--serve")
    with load.running(*command, folder=ROOT) as port:
        yield port


def test_fifty_clients_get_an_answer_to_every_request_while_the_folder_is_replaced(tmp_path):
    folder, done = small.write(tmp_path / "export", "first"), threading.Event()

    def replace_again_and_again():
        for number in range(100):
            if done.wait(0.3):
                return
            small.write(folder, f"name{number}", number)

    replacing = threading.Thread(target=replace_again_and_again)
    with serving(folder) as port:
        replacing.start()
        items = [str(number) for number in range(10, 1000)]
        found = load.measure(port, items, clients=50, number=1000)
        done.set()
        replacing.join()
        health = httpx.get(f"http://127.0.0.1:{port}/health").json()
    print(found)
    assert found["failures"] == 0 and found["requests"] == 1000
    assert found["p99 ms"] < 5000  # of a busy machine; make load is strict
    assert health["data"].startswith("name") and not health["refused"]


def test_a_port_that_is_taken_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Mistake, match=f"port be free, got host=127.0.0.1 port={port}"):
            listen("127.0.0.1", port)
    with pytest.raises(Mistake, match="host must be an address of this machine"):
        listen("192.0.2.1", 0)


def test_bytes_that_are_no_http_and_long_headers_end_the_connection_and_not_the_server(tmp_path):
    with serving(small.write(tmp_path / "export", "first")) as port:
        for sent in (b"\x00\xff\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                client.sendall(sent)
                assert client.recv(100).startswith(b"HTTP/1.1 400")
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200


def test_sigterm_lets_a_request_end_first(tmp_path):
    """A request whose body is still on its way when the signal comes is answered."""
    folder = small.write(tmp_path / "export", "first")
    command = [sys.executable, "-m", "tests.serving.server.load", str(folder), "--serve"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as started:
        port = int(started.stdout.readline().rpartition(":")[2])

        async def call():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            request = load.post("/recommend", histories=[["12"]])
            writer.write(request[:-5])
            await asyncio.sleep(0.5)
            started.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            writer.write(request[-5:])
            answer = await reader.read()
            writer.close()
            return answer

        answer = asyncio.run(call())
        assert answer.startswith(b"HTTP/1.1 200") and b'"answers"' in answer
        assert started.wait(30) == 143
        last = started.stderr.read()
    assert last == "stopped by SIGTERM: every request that it had taken is answered\n"


def test_bam_serve_answers_for_an_export_and_takes_the_next_one(run, make_export, tmp_path):
    folder = make_export(run, "histories=true", to=tmp_path / "export")
    command = (sys.executable, "-m", "bam", "serve", str(folder), "port=0", "merge=quota", "n=3")
    with load.running(*command, folder=ROOT) as port:
        address = f"http://127.0.0.1:{port}"
        before = httpx.get(f"{address}/health").json()
        assert before["choices"]["merge"] == "quota" and before["users"] == 60
        history = run.retriever.items.texts([1, 2, 3])
        query = {"histories": [history], "users": [run.retriever.users.ids[0]]}
        answers = httpx.post(f"{address}/recommend", json=query).json()["answers"]
        rows = run.recommend(history, 3, "merge=quota").rows(named=True)
        assert [one["item"] for one in answers[1]["items"]] == [row["item"] for row in rows]
        scores = [row["score"] for row in rows]
        assert [one["score"] for one in answers[1]["items"]] == pytest.approx(scores, abs=1e-5)
        make_export(run, to=folder)
        end = time.monotonic() + 30
        while httpx.get(f"{address}/health").json()["checksum"] == before["checksum"]:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert httpx.post(f"{address}/recommend", json=query).status_code == 404  # no histories
