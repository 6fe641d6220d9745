"""What stands before the server's own code: the size and the time of a request, and its figures."""

import asyncio
import logging
import time
import traceback
from collections.abc import Sequence

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bam.serving.server.figures import Figures
from bam.serving.server.limits import Limits
from bam.serving.server.refusal import refusal

log = logging.getLogger(__name__)
CLOSE = {"Connection": "close"}  # what the client still sends is not read
LETTERS = 200  # of an error's words that are logged
OTHER = "other"  # the path, in figures, of what has no route


class Guard:
    """Reads each request whole, within the limits, before it passes it on."""

    def __init__(self, app: ASGIApp, limits: Limits, hosts: Sequence[str], figures: Figures):
        """`hosts`: what the header Host may name; empty: anything."""
        self._app, self._limits, self._figures = app, limits, figures
        self._hosts = [host.lower() for host in hosts]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        begin, status = time.perf_counter(), 500

        async def record(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
            await send(message)

        try:
            await self._pass_on(scope, receive, record)
        except HTTPException as refused:
            answer = refusal(refused.status_code, refused.detail, dict(refused.headers or {}))
            await answer(scope, receive, record)
        except Exception as error:  # on_bug has answered
            log.error("%s", _explain(error))
        path = getattr(scope.get("route"), "path_format", OTHER)
        self._figures.count(path, status, time.perf_counter() - begin)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check(Headers(scope=scope))
        body = await self._read(receive)
        whole: list[Message] = [{"type": "http.request", "body": body}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)

    def _check(self, headers: Headers) -> None:
        """Refuse what the headers alone show to be wrong."""
        host = headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self._hosts and name not in self._hosts:
            names = ", ".join(self._hosts)
            raise HTTPException(400, f"the header Host must be one of hosts ({names})", CLOSE)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > self._limits.body:
            self._refuse_size()

    async def _read(self, receive: Receive) -> bytes:
        """The whole body."""
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(self._limits.seconds):
                while more:
                    message = await receive()
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    if len(body) > self._limits.body:
                        self._refuse_size()
        except TimeoutError as error:
            late = f"the body must arrive within {self._limits.seconds:g} seconds"
            raise HTTPException(408, late, CLOSE) from error
        return bytes(body)

    def _refuse_size(self) -> None:
        raise HTTPException(413, f"the body must have at most {self._limits.body} bytes", CLOSE)


def _explain(error: Exception) -> str:
    """Where an error comes from; its words may hold an id of a request, and so are escaped."""
    place = "".join(traceback.format_tb(error.__traceback__))
    return f"{place}{type(error).__name__}: {ascii(str(error))[:LETTERS]}"
