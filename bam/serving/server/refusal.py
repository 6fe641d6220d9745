"""What is wrong with a request: one sentence, always in the same form."""

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

LONGEST = 60  # letters of a value in a sentence
SENTENCES = {
    404: "there is no such address; /openapi.json has those that there are",
    405: "the address does not take this method; the header Allow has those that it takes",
    400: "the body must be JSON in UTF-8",
}
# how pydantic begins its sentences, after which comes the rule
BEGINNINGS = ("Input should ", "List should ", "String should ", "Value error, must ")


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The answer to a request that is refused."""
    return JSONResponse({"error": sentence}, status, headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Of an HTTPException: its own sentence, or that of its status."""
    assert isinstance(error, HTTPException)
    status, sentence = error.status_code, str(error.detail)
    if sentence == HTTPStatus(status).phrase or status == 400:
        sentence = SENTENCES.get(status, sentence)
    return refusal(status, sentence, dict(error.headers or {}))


async def on_invalid(request: Request, error: Exception) -> Response:
    """Of a RequestValidationError: the first thing that is wrong."""
    assert isinstance(error, RequestValidationError)
    return refusal(422, _sentence(error.errors()[0]))


async def on_mistake(request: Request, error: Exception) -> Response:
    """Of a Mistake: an id that the data set does not have."""
    return refusal(404, str(error))


async def on_bug(request: Request, error: Exception) -> Response:
    """Of any other error; its traceback is in the log."""
    return refusal(500, "an error of the server; its log has more")


def _sentence(error: dict[str, object]) -> str:
    """`place rule, got value`."""
    location, kind, rule = error["loc"], error["type"], str(error["msg"])
    assert isinstance(location, tuple)
    place = _place(location[1:]) or "the body"
    if kind == "json_invalid":
        return "the body must be JSON"
    if kind == "missing":
        return f"{place} must be given"
    if kind == "extra_forbidden":
        return f"{place} is no option; /openapi.json has those that there are"
    for beginning in BEGINNINGS:
        rule = rule.replace(beginning, "must ")
    return f"{place} {rule}, got {_short(ascii(error['input']))}"


def _place(location: tuple[object, ...]) -> str:
    """`histories[0][3]`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return _short("".join(parts).lstrip(".").encode("unicode_escape").decode("ascii"))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
