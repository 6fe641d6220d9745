"""How far a mean over users would move with other users (bootstrap; Efron, 1979)."""

import torch
from jaxtyping import Float
from torch import Tensor

DRAWS, SEED = 1000, 0


def bootstrap_interval(values: Float[Tensor, " U"]) -> tuple[float, float]:
    """The 2.5 % and the 97.5 % quantile of the means of DRAWS samples of U users, with return."""
    generator = torch.Generator().manual_seed(SEED)
    U = len(values)
    means = torch.stack(
        [values[torch.randint(U, (U,), generator=generator)].mean() for _ in range(DRAWS)]
    )
    low, high = means.double().quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return low, high
