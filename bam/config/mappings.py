"""Options whose names the user invents: Hydra takes a new key only after `++`."""

from collections.abc import Sequence

from bam.run.override import Override

OPEN = ("dataset.features", "hydra.callbacks.collect.baseline")  # {} in conf/


def open_mappings(arguments: Sequence[str]) -> list[str]:
    """The arguments, so that `dataset.features={brand: items.csv}` and `dataset.features.brand=`
    add a name.
    """
    return [f"++{text}" if _adds(Override.parse(text)) else text for text in arguments]


def _adds(override: Override) -> bool:
    is_open = any(f"{override.key}.".startswith(f"{path}.") for path in OPEN)
    return is_open and not override.sign
