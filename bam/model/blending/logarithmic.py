"""The logarithm of the shares of a memory is added to the scores of a model.

This is the form of the scores of PCTM (Petrov et al., RecSys 2026), which adds up logarithms of
what is expected beside what is by chance.
"""

import torch

from bam.errors import require
from bam.model.additions import Additions
from bam.model.blend import Scoring


class Logarithmic:
    """strength log(1 + V share): 0 for an item that the memory does not know.

    V share is how much more probable an item is than if all items were equally probable.
    """

    def __init__(self, num_items: int, strength: float):
        require(strength >= 0, "strength must be at least 0", strength)
        self.num_items, self.strength = num_items, strength

    def __call__(self, shares: Additions, scores: Scoring) -> Additions:
        added = self.strength * torch.log1p(self.num_items * shares.score)
        return Additions(shares.row, shares.item, added)
