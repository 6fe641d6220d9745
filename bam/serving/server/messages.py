"""What requests and answers hold; the server describes them by these types in /openapi.json."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model
from typing_extensions import TypedDict

from bam.serving.explain import Listed, Source
from bam.serving.server.limits import Limits

LARGEST = 2**53 - 1  # of the numbers that are ids: other programs round those beyond it


class Query(BaseModel):
    """Users and histories; the answers come in this order."""

    model_config = ConfigDict(strict=True, extra="forbid", use_attribute_docstrings=True)

    users: list[str]
    """Ids of users of the data set."""
    histories: list[list[str]]
    """Ids of items that somebody has met, oldest first."""
    n: int
    """Items of each list."""


class Item(TypedDict):
    """An item of the data set."""

    item: str
    title: str
    genres: str


class Near(Item):
    """An item beside another one."""

    cosine: float


class InterestWithVector(TypedDict):
    """An interest, numbered from 1: what feeds it, and the items that it brings first."""

    interest: int
    weight: float
    history: list[Source]
    items: list[Listed]
    vector: list[float]


class Recommendations(TypedDict):
    """The list of one user or history, best first."""

    user: str | None
    notes: list[str]
    items: list[Listed]


class Interests(TypedDict):
    """The interests of one user or history, the heaviest first; none without a known item."""

    user: str | None
    notes: list[str]
    interests: list[InterestWithVector]


class RecommendAnswer(TypedDict):
    """One list for each user, then for each history."""

    answers: list[Recommendations]


class InterestsAnswer(TypedDict):
    """The interests of each user, then of each history."""

    answers: list[Interests]


class SimilarAnswer(Item):
    """An item, and those whose vectors have the largest cosines with its own."""

    similar: list[Near]


class Found(TypedDict):
    """Items whose title has a text, those with most interactions first."""

    items: list[Item]


class FoundUsers(TypedDict):
    """Users whose id begins with a text."""

    users: list[str]


class Health(TypedDict):
    """Which model answers, and how."""

    status: str
    data: str
    items: int
    users: int
    history_length: int
    checksum: str
    since: str
    refused: str
    choices: dict[str, str | float | bool]
    limits: dict[str, int | float]


class Error(TypedDict):
    """What is wrong with a request, in one sentence."""

    error: str


def query_type(limits: Limits, n: int) -> type[Query]:
    """A query within the limits, where n is the number of items if the request has none."""
    ids = _ids(limits.letters)
    history = Annotated[list[ids], Field(max_length=limits.history)]
    users = Annotated[list[ids], Field(max_length=limits.users)]
    histories = Annotated[list[history], Field(max_length=limits.users)]
    count = Annotated[int, Field(ge=1, le=limits.n), BeforeValidator(_as_int)]
    described = {name: field.description for name, field in Query.model_fields.items()}
    return create_model(
        "Query",
        __base__=Query,
        users=(users, Field([], description=described["users"])),
        histories=(histories, Field([], description=described["histories"])),
        n=(count, Field(n, description=described["n"])),
    )


def _ids(letters: int) -> Any:
    """The type of an id: text, or a whole number that becomes text."""
    largest = min(LARGEST, 10 ** (letters - 1) - 1)  # one letter is the sign
    text = {"type": "string", "minLength": 1, "maxLength": letters}
    number = {"type": "integer", "minimum": -largest, "maximum": largest}

    def as_text(value: Any) -> Any:
        value = _as_int(value)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= largest:
            return str(value)
        raise ValueError(f"must be text, or a whole number of at most {largest}")

    return Annotated[
        str,
        Field(min_length=1, max_length=letters),
        BeforeValidator(as_text),
        WithJsonSchema({"anyOf": [text, number]}),
    ]


def _as_int(value: Any) -> Any:
    """5 for 5.0, which are one number in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
