"""What a user did wrong, in one sentence."""


class Mistake(ValueError):
    """A wrong option, value or file: shown without a traceback, `name must be rule, got value`."""


def require(holds: bool, rule: str, got: object) -> None:
    """Raise the Mistake `rule, got value` unless the rule holds."""
    if not holds:
        raise Mistake(f"{rule}, got {got!r}")
