"""Hosts on this machine: network namespaces, joined by a cable; the file system is shared.

Nothing leaves them: a namespace has its own loopback and its end of the cable alone.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CABLE = "eth0"  # the name of its end in each namespace


@dataclass(frozen=True)
class Host:
    """A network namespace with one address."""

    name: str
    address: str

    def start(self, command: list[str], folder: Path, log: str, **environment: str):
        """The command in this namespace and folder, with its output in folder.parent / log."""
        with (folder.parent / log).open("a") as console:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command],
                cwd=folder,
                env={**os.environ, **environment},
                stdout=console,
                stderr=console,
            )

    def processes(self) -> list[int]:
        """Every process that runs in the namespace, whoever started it."""
        return [int(number) for number in ip("netns", "pids", self.name).split()]

    def lose(self) -> None:
        """The cable is pulled first, so that nobody hears of the end of the processes."""
        ip("-n", self.name, "link", "set", CABLE, "down")
        self.end_processes()

    def come_back(self) -> None:
        ip("-n", self.name, "link", "set", CABLE, "up")

    def end_processes(self) -> None:
        end = time.monotonic() + 20
        while (left := self.processes()) and time.monotonic() < end:
            for number in left:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            time.sleep(0.1)


def ip(*words: str) -> str:
    """What the program `ip` prints.

    Raises:
        subprocess.CalledProcessError: it refuses.
    """
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Two hosts with a cable; afterwards their processes are ended and they are removed."""
    hosts = [Host(f"bam-{os.getpid()}-{n}", f"10.203.0.{n}") for n in (1, 2)]
    one, other = hosts
    try:
        for host in hosts:
            ip("netns", "add", host.name)
            ip("-n", host.name, "link", "set", "lo", "up")
        end = ("peer", "name", CABLE, "netns", other.name)
        ip("link", "add", CABLE, "netns", one.name, "type", "veth", *end)
        for host in hosts:
            ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", CABLE)
            ip("-n", host.name, "link", "set", CABLE, "up")
        yield one, other
    finally:
        for host in hosts:
            with suppress(subprocess.CalledProcessError):  # it was never made
                host.end_processes()
                ip("netns", "delete", host.name)


def why_not() -> str:
    """Why there can be no hosts here; empty where there can."""
    if shutil.which("ip") is None:
        return "network namespaces need the program `ip` (package iproute2)"
    name = f"bam-{os.getpid()}-0"
    try:
        ip("netns", "add", name)
        ip("netns", "delete", name)
    except subprocess.CalledProcessError as error:
        return f"network namespaces need root and a kernel with them: {error.stderr.strip()}"
    return ""
