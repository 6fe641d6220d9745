"""The vectors that some backbones share among all users."""

from jaxtyping import Float
from torch import Tensor, nn

from bam.errors import Mistake


def prototypes(backbone: nn.Module, term: str) -> Float[Tensor, "P D"]:
    """`backbone.prototypes`, for the regularisation of this name.

    Raises:
        Mistake: the backbone has none.
    """
    found: Tensor | None = getattr(backbone, "prototypes", None)
    if found is None:
        raise Mistake(
            f"regularisation={term} needs a backbone with prototypes: "
            "sine, global_interests, octopus"
        )
    return found
