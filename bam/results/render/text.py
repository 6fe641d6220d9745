"""Numbers, keys and values of a config as the text of a table."""

import statistics
from typing import Any

from bam.results.render.symbols import SYMBOLS
from bam.run.identity import CHOICES, EXPERIMENT


def one_line(text: str) -> str:
    """The text without line breaks and control characters: a table's names may be strangers'."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def number(value: float, digits: int = 4) -> str:
    """.1357 rather than 0.1357, as papers print it."""
    text = f"{round(value, digits) + 0.0:.{digits}f}"  # no minus before a zero
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def bound(value: float) -> str:
    """The end of an interval, with as many digits as show on which side of 0 it is."""
    digits = next((digits for digits in range(4, 12) if round(value, digits)), 4)
    return number(value, digits)


def p_value(p: float) -> str:
    """Three digits, or as many as show on which side of .05 it is."""
    if p < 0.001:
        return "< .001"
    digits = next(digits for digits in range(3, 20) if (round(p, digits) < 0.05) == (p < 0.05))
    return number(p, digits)


def p_statement(p: float) -> str:
    """In a sentence: p = .012, or p < .001."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def spread(values: list[float], digits: int = 4) -> str:
    """mean ± standard deviation; the mean alone of a single value."""
    mean = number(statistics.fmean(values), digits)
    return mean if len(values) == 1 else f"{mean} ± {number(statistics.stdev(values), digits)}"


def heading(key: str) -> str:
    """A config's key; of a component, the key of the component."""
    return key.removesuffix("._target_")


def symbol(key: str) -> str:
    """The letter that papers use for an option; of one without a letter its heading."""
    return SYMBOLS.get(key, heading(key))


def last_part(key: str) -> str:
    """The last part of a config's key."""
    return heading(key).rpartition(".")[2]


def value_text(key: str, value: Any) -> str:
    """A config's value; of a component its name alone; nothing where the key is absent."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).rpartition(".")[2] if key.endswith("_target_") else str(value)


def typed_text(key: str, value: Any) -> str:
    """As `value_text`, with all digits of a number, so that it can be typed."""
    return repr(value) if isinstance(value, float) else value_text(key, value)


def setting_text(key: str, value: Any) -> str:
    """A choice by its name alone, another value with the last part of its key."""
    text = value_text(key, value)
    return text if key in (EXPERIMENT, *CHOICES) else f"{last_part(key)} {text}"
