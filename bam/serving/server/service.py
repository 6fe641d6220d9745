"""All that the addresses of a server share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Response
from pydantic_core import to_json

from bam.serving.retriever import Choices, Retriever
from bam.serving.server.figures import Figures
from bam.serving.server.limits import Limits
from bam.serving.server.live import Live
from bam.serving.server.workers import Workers

JSON = "application/json"


@dataclass(frozen=True)
class Service:
    """A model that answers, with its limits and its figures."""

    live: Live
    workers: Workers
    figures: Figures
    limits: Limits
    choices: Choices
    names: Mapping[str, str | float | bool]  # of the choices, as their user gives them
    n: int  # items of a list, unless a request has another number

    async def answer(self, work: Callable[[Retriever], Any]) -> Response:
        """What a thread finds with the model that answers now, as JSON without NaN."""
        find = partial(_json, work, self.live.model.retriever)
        return Response(await self.workers.run(find), media_type=JSON)


def _json(work: Callable[[Retriever], Any], retriever: Retriever) -> bytes:
    return to_json(work(retriever), inf_nan_mode="null")
