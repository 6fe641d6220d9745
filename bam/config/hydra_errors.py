"""What Hydra, OmegaConf and YAML refuse, as one sentence for the user."""

import re

import yaml
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from bam.errors import Mistake

CONFIG_ERRORS = (HydraException, OmegaConfBaseException, yaml.YAMLError)


def without_advice(error: Exception) -> Mistake:
    """The first thing that Hydra writes, without its search path; or ours, of a part it builds."""
    if isinstance(error.__cause__, Mistake):
        return error.__cause__
    words = " ".join(str(error).split())
    words = re.sub(r" (Config search path|full_key):.*", "", words)
    return Mistake(re.sub(r" To append to your config use .*", " There is no such option.", words))
