"""What Hydra, OmegaConf and YAML refuse, as one sentence for the user."""

import re

import yaml
from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from bam.errors import Mistake

CONFIG_ERRORS = (HydraException, OmegaConfBaseException, yaml.YAMLError)
UNREADABLE = (
    "{typed} cannot be read: a comma, quote or bracket is too many or missing; a list is [1,2], a "
    "mapping {{a: 1}}, and any other value with such signs is quoted, '{key}=\"a, b\"'"
)
NOT_ASCII = (
    "{typed} cannot be read: a value with letters such as ö is quoted, '{key}=\"größe\"', also "
    "inside of a list or a mapping"
)


def without_advice(error: Exception) -> Mistake:
    """The first thing that Hydra writes, without its search path; or ours, of a part it builds."""
    if isinstance(error.__cause__, Mistake):
        return error.__cause__
    if isinstance(error, OverrideParseException):
        typed = str(error.override).lstrip("+")  # `for_hydra` may have added it
        sentence = UNREADABLE if typed.isascii() else NOT_ASCII
        return Mistake(sentence.format(typed=typed, key=typed.partition("=")[0]))
    words = " ".join(str(error).split())
    words = re.sub(r" (Config search path|full_key):.*", "", words)
    cause = error.__cause__
    if isinstance(cause, ConfigAttributeError | ConfigKeyError) and "." in (cause.full_key or ""):
        known = ", ".join(map(str, cause.parent_node))  # of a mapping that was given as a whole
        parent = str(cause.full_key).rpartition(".")[0]
        return Mistake(f"{cause.full_key} is no option; {parent} has: {known}")
    return Mistake(re.sub(r" To append to your config use .*", " There is no such option.", words))
