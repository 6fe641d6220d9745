"""The whole server as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from bam.errors import Mistake
from bam.serving.server.addresses import add_catalogue, add_questions, add_state
from bam.serving.server.guard import Guard
from bam.serving.server.live import watch
from bam.serving.server.refusal import on_bug, on_http_error, on_invalid, on_mistake
from bam.serving.server.service import Service

ABOUT = "A trained model of bam. Ids are text; a whole number is read as its digits."


def build_app(service: Service, hosts: Sequence[str]) -> ASGIApp:
    """The server; it watches the model's folder while it runs.

    `hosts` are the names by which it may be called; empty: any.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        service.figures.show_model(service.live)
        watching = asyncio.create_task(
            watch(service.live, lambda: service.figures.show_model(service.live))
        )
        yield
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

    app = FastAPI(
        title="bam",
        description=ABOUT,
        version="1",
        docs_url=None,  # FastAPI's pages need the network
        redoc_url=None,
        lifespan=running,
        exception_handlers={
            HTTPException: on_http_error,
            RequestValidationError: on_invalid,
            Mistake: on_mistake,
            Exception: on_bug,
        },
    )
    for add in (add_questions, add_catalogue, add_state):
        add(app.router, service)
    return Guard(app, service.limits, hosts, service.figures)
