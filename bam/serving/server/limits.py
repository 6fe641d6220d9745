"""What one request, and all of them together, may take."""

from dataclasses import dataclass, fields

from bam.errors import require


@dataclass(frozen=True)
class Limits:
    """Numbers of conf/serve.yaml; what is beyond them is refused."""

    body: int  # bytes of a request's body
    users: int  # in a request; and as many histories
    history: int  # items of a history
    n: int  # items of an answer
    letters: int  # of an id, and of a text that is searched
    waiting: int  # requests that wait until another one is answered
    connections: int  # open at once
    seconds: float  # in which a body must arrive, and an answer be found

    def __post_init__(self) -> None:
        for field in fields(self):
            value, may_be_zero = getattr(self, field.name), field.name == "waiting"
            rule = f"limits.{field.name} must be {'at least' if may_be_zero else 'above'} 0"
            require(value > 0 or (may_be_zero and value == 0), rule, value)
