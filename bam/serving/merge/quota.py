"""Places in proportion to weights (MIP, Shi et al., 2022; Octopus, Liu et al., SIGIR 2020).

There n_k = round(n w_k / sum w), the lists are united, and what is missing is filled up. Here the
places are given one by one, by the same rounding: so that the first n are in proportion for every
n, and an item that several interests bring makes room for the next.
"""

import torch

from bam.serving.found import Found, Merged, merge_by


class Quota:
    """Item r = 0, 1, ... of interest k has the priority w_k / (r + 1/2), as Webster apportions."""

    def __call__(self, found: Found, n: int) -> Merged:
        """The n items with the highest priorities."""
        lists = found.each(n)
        rank = torch.arange(lists.item.shape[2], device=lists.item.device)
        return merge_by(found.weight[..., None] / (rank + 0.5), lists, n)
