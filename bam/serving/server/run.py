"""The server at its work: it listens, answers, and ends when it is stopped."""

import socket
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from bam.errors import Mistake
from bam.serving.server.limits import Limits
from bam.system.stop import Stopped

KEPT = "every request that it had taken is answered"
IDLE = 5  # seconds for which a connection without a request stays open
HEAD = 16_384  # bytes of the headers of a request


def listen(host: str, port: int) -> socket.socket:
    """A socket on which the server listens; port 0 is any free one.

    Raises:
        Mistake: the host is not this machine, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        reason = error.strerror or str(error)
        rule = "host must be an address of this machine and port be free, got"
        raise Mistake(f"{rule} host={host} port={port}: {reason}; port=0 takes any") from error


@dataclass(frozen=True)
class Server:
    """An application that answers on a socket."""

    app: ASGIApp
    listening: socket.socket
    limits: Limits

    @property
    def address(self) -> str:
        """What a browser opens."""
        host, port = self.listening.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def run(self) -> None:
        """Answer until Ctrl-C or SIGTERM; requests that have begun are answered first.

        Raises:
            Stopped: by one of them.
        """
        config = uvicorn.Config(
            self.app,
            log_config=None,  # its lines go where those of bam go
            log_level="warning",
            access_log=False,
            server_header=False,
            http="h11",  # it limits the headers
            ws="none",
            lifespan="on",
            h11_max_incomplete_event_size=HEAD,
            limit_concurrency=self.limits.connections,
            timeout_keep_alive=IDLE,
            timeout_graceful_shutdown=round(self.limits.seconds) + 1,
        )
        try:
            uvicorn.Server(config).run([self.listening])
        except Stopped as stopped:  # uvicorn repeats the signal when it has ended
            raise Stopped(stopped.number, KEPT) from None
