"""Every interest in turn: first the best item of each, then the second of each."""

import torch

from bam.serving.found import Found, Merged, merge_by


class RoundRobin:
    """Item r of an interest comes before item r + 1 of any; within r the heavier interest first."""

    def __call__(self, found: Found, n: int) -> Merged:
        """The first n items of the turns; one that came before is left out."""
        lists = found.each(n)
        rank = torch.arange(lists.item.shape[2], device=lists.item.device)
        turn = found.weight.argsort(dim=1, descending=True, stable=True).argsort(1)
        return merge_by(-(rank * turn.shape[1] + turn[..., None]).float(), lists, n)
