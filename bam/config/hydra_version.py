"""What Hydra 1.3 and 1.4 name differently."""

from collections.abc import Callable
from typing import Any

import hydra
from omegaconf import OmegaConf

IS_1_3 = hydra.__version__.startswith("1.3.")
# of everything that composes: Hydra 1.3 must know the version that a program was written for, and
# Hydra 1.4 warns if it is given
BASE: dict[str, Any] = {"version_base": "1.3"} if IS_1_3 else {}
# of a program: what Hydra itself may build, such as launchers, callbacks and handlers of its log
ALLOWED = ["bam.*", "hydra.*", "hydra_plugins.*", "logging.*"]
MAIN: dict[str, Any] = BASE if IS_1_3 else {"execution_whitelist": ALLOWED}
# of an option in the ConfigStore, which takes the place of an earlier one
REPLACE: dict[str, Any] = {} if IS_1_3 else {"replace": True}


def register_resolver(name: str, resolver: Callable[..., Any], **options: bool) -> None:
    """Make `${name:...}` known in configs; OmegaConf 2.4 names this otherwise."""
    register = "register_new_resolver" if IS_1_3 else "register_resolver"
    getattr(OmegaConf, register)(name, resolver, replace=True, **options)
