"""Many clients at once on a server of this machine: failures, requests/s and times.

python -m tests.serving.server.load [FOLDER] [--clients 50] [--requests 10000] [--p99 200]

FOLDER is what `bam serve` takes; without one a model as large as that of ml1m is made.
"""

import asyncio
import json
import random
import re
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from bam.serving.server.limits import Limits
from bam.serving.server.run import Server, listen
from bam.system.stop import end_on_stop
from tests.conftest import ROOT
from tests.serving.server import small

LIMITS = Limits(body=100_000, users=64, history=1000, n=200, letters=200, waiting=100,
                connections=1000, seconds=10.0)  # fmt: skip
SIZE = {"num_items": 3706, "num_users": 6040, "dim": 64, "history": 50}  # of ml1m
ENDS = (200, 404)  # what a right request may end with


@contextmanager
def running(*command, folder="."):
    """The address of a server that this command starts; it is stopped in the end."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as started:
        try:
            line = started.stdout.readline()
            found = re.match(r"http://127\.0\.0\.1:(\d+)", line)
            assert found, line
            yield int(found[1])
        finally:
            started.send_signal(signal.SIGTERM)
            assert started.wait(30) == 128 + signal.SIGTERM


def serve(folder):
    """The server of a folder that `small.write` wrote; it prints its address."""
    load = partial(small.open_small, **SIZE)
    app = small.app(Path(folder), load=load, limits=LIMITS)
    server = Server(app, listen("127.0.0.1", 0), LIMITS)
    print(server.address, flush=True)
    with end_on_stop():
        server.run()


async def call(port, requests):
    """One client's requests, one after the other on one connection: status and seconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = []
    for request in requests:
        begin = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))
        found.append((int(head[9:12]), time.perf_counter() - begin))
    writer.close()
    await writer.wait_closed()
    return found


def post(path, **query):
    body = json.dumps(query).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def get(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def make_requests(items, number, seed):
    """Seven of ten for a list, two for interests, one for similar items."""
    draw = random.Random(seed)
    for _ in range(number):
        history = draw.choices(items, k=draw.randint(1, 50))
        kind = draw.random()
        if kind < 0.7:
            yield post("/recommend", histories=[history], n=20)
        elif kind < 0.9:
            yield post("/interests", histories=[history], n=10)
        else:
            yield get(f"/similar?item={quote(history[0], safe='')}&n=20")


async def call_all(port, items, clients, number):
    """Status and seconds of each request of all clients."""
    each = [list(make_requests(items, number // clients, seed)) for seed in range(clients)]
    found = await asyncio.gather(*(call(port, requests) for requests in each))
    return [one for client in found for one in client]


def measure(port, items, clients, number):
    """Failures, requests/s, and milliseconds at the 50th and the 99th percentile."""
    asyncio.run(call_all(port, items, clients, 2 * clients))  # connections, caches
    begin = time.perf_counter()
    found = asyncio.run(call_all(port, items, clients, number))
    seconds = time.perf_counter() - begin
    times = sorted(1000 * spent for _, spent in found)
    failures = sum(status not in ENDS for status, _ in found)
    half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
    return {"requests": len(found), "failures": failures, "requests/s": len(found) / seconds,
            "p50 ms": half, "p99 ms": most}  # fmt: skip


def main():
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", default="")
    parser.add_argument("options", nargs="*", help="of bam serve")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--p99", type=float, default=200, help="milliseconds that it may be")
    parser.add_argument("--serve", action="store_true", help="serve FOLDER, that is small")
    given = parser.parse_args()
    if given.serve:
        return serve(given.folder)
    with TemporaryDirectory() as folder:
        made = small.write(Path(folder) / "export", "made")
        command = [sys.executable, "-m", "tests.serving.server.load", str(made), "--serve"]
        if given.folder:
            command = [sys.executable, "-m", "bam", "serve", given.folder, "port=0", *given.options]
        with running(*command, folder=ROOT) as port:
            items = [str(number) for number in range(1, 1000)]
            found = measure(port, items, given.clients, given.requests)
    print(", ".join(f"{name} {value:,.0f}" for name, value in found.items()))
    sys.exit(found["failures"] > 0 or found["p99 ms"] > given.p99)


if __name__ == "__main__":
    main()
