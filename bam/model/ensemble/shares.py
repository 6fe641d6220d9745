"""How much each member of an ensemble counts."""

from collections.abc import Sequence

from bam.errors import require


def shares(weights: Sequence[float]) -> list[float]:
    """Weights above 0, so that they sum to 1.

    Raises:
        Mistake: one of them is not above 0.
    """
    require(all(weight > 0 for weight in weights), "weights must be above 0", list(weights))
    return [weight / sum(weights) for weight in weights]
