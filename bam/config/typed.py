"""What is typed, in the words that Hydra's grammar reads as its user means it."""

from collections.abc import Sequence

from bam.config.ids import quote_ids
from bam.config.mappings import open_mappings
from bam.config.paths import quote_paths


def for_hydra(arguments: Sequence[str]) -> list[str]:
    """The arguments, with what paths, ids and names of the user's own need.

    Raises:
        Mistake: an id is empty.
    """
    return open_mappings(quote_ids(quote_paths(arguments)))
