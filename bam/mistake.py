"""What a user did wrong, in one sentence."""


class Mistake(ValueError):
    """A wrong option, value or file: shown without a traceback, `name must be rule, got value`."""
