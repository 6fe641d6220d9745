"""The addresses of a server: what each takes, and what answers it."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from bam.serving.retriever import Choices, Retriever
from bam.serving.server import answer, lookup, messages
from bam.serving.server.page import page
from bam.serving.server.service import JSON, Service

WRONG = {
    400: "The header Host or the body's text is wrong.",
    404: "There is no such user or item.",
    408: "The body arrived too slowly.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "A value is wrong.",
    503: "The server is busy.",
}

# a model and a query in, what the answer holds out
Question = Callable[[Retriever, messages.Query, Choices], Any]


def _refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The description of these codes, and of those of every address."""
    every = sorted({400, 408, 413, *codes})
    return {code: {"model": messages.Error, "description": WRONG[code]} for code in every}


async def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise HTTPException(415, f"the header Content-Type must be {JSON}")


def add_questions(router: APIRouter, service: Service) -> None:
    """Lists and interests of users and histories."""
    Query = messages.query_type(service.limits, service.n)
    refusals = _refusals(404, 415, 422, 503)
    json = [Depends(_require_json)]

    async def ask(find: Question, query: messages.Query) -> Response:
        found = await service.answer(lambda model: find(model, query, service.choices))
        service.figures.count_users(len(query.users) + len(query.histories))
        return found

    @router.post(
        "/recommend",
        response_model=messages.RecommendAnswer,
        responses=refusals,
        dependencies=json,
    )
    async def recommend(query: Query) -> Response:
        """The best items of each user, then of each history."""
        return await ask(answer.recommend, query)

    @router.post(
        "/interests",
        response_model=messages.InterestsAnswer,
        responses=refusals,
        dependencies=json,
    )
    async def interests(query: Query) -> Response:
        """The interests of each user, then of each history, and the best items of each."""
        return await ask(answer.interests, query)


def add_catalogue(router: APIRouter, service: Service) -> None:
    """Items and users by their names."""
    limits = service.limits
    Number = Annotated[int, fastapi.Query(ge=1, le=limits.n)]
    Text = Annotated[str, fastapi.Query(max_length=limits.letters)]
    Id = Annotated[str, fastapi.Path(max_length=limits.letters)]
    missing = _refusals(404, 422, 503)

    @router.get(
        "/items/{id:path}/similar", response_model=messages.SimilarAnswer, responses=missing
    )
    async def similar(id: Id, n: Number = service.n) -> Response:
        """As /similar?item=ID, for an id that may be a part of a path: not `..` or a line break."""
        return await service.answer(lambda model: answer.similar(model, id, n))

    @router.get("/similar", response_model=messages.SimilarAnswer, responses=missing)
    async def similar_to(item: Text, n: Number = service.n) -> Response:
        """The items whose vectors have the largest cosines with that of this item."""
        return await service.answer(lambda model: answer.similar(model, item, n))

    @router.get("/items", response_model=messages.Found, responses=_refusals(422, 503))
    async def items(search: Text, n: Number = service.n) -> Response:
        """The items whose title has the text, or whose id it is."""
        return await service.answer(lambda model: lookup.find_items(model.items, search, n))

    @router.get("/users", response_model=messages.FoundUsers, responses=_refusals(422, 503))
    async def users(search: Text = "", n: Number = service.n) -> Response:
        """The users whose id begins with the text."""
        return await service.answer(lambda model: lookup.find_users(model.users, search, n))


def add_state(router: APIRouter, service: Service) -> None:
    """What the server is, for programs and for people."""
    text, policy = page()
    figures: dict[int | str, dict[str, Any]] = {
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}}
    }

    @router.get("/health", response_model=messages.Health, responses=_refusals())
    async def health() -> dict[str, Any]:
        """Which model answers, and how."""
        model = service.live.model
        retriever = model.retriever
        return {
            "status": "ok",
            "data": retriever.data,
            "items": len(retriever.items.frame) - 1,
            "users": len(retriever.users.ids),
            "history_length": retriever.history_length,
            "checksum": model.checksum,
            "since": model.since,
            "refused": service.live.refusal,
            "choices": dict(service.names),
            "limits": asdict(service.limits),
        }

    @router.get("/metrics", response_class=Response, responses={**_refusals(), **figures})
    async def metrics() -> Response:
        """Figures for Prometheus."""
        return Response(service.figures.text(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/", include_in_schema=False)
    async def start() -> Response:
        return Response(text, media_type="text/html", headers={"Content-Security-Policy": policy})
