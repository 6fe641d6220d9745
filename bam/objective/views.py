"""Other views of a history: crop, mask and reorder (CL4SRec: Xie et al., ICDE 2022)."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bam.records import PAD, Histories


def draw_view(histories: Histories, changed: float, history_length: int) -> Histories:
    """Each history cropped, masked, or in another order: one of them, equally often.

    A crop leaves out all but one piece, a mask leaves out single items and never the last one, and
    a new order shuffles one piece. They change a share `changed` of the items, rounded down for a
    piece; what is left out is padding. All histories have the same draws, at places relative to
    their lengths, from torch's global generator. CL4SRec draws for each history by itself, and its
    mask puts a vector in the place of an item.
    """
    device, (B, L) = histories.real.device, histories.real.shape
    way, where = torch.rand(2, device=device)
    each = torch.rand(history_length, device=device)[:L]
    place, length = torch.arange(L, device=device).expand(B, L), histories.real.sum(1, keepdim=True)
    piece = (changed * length).long()
    crops, masks = way < 1 / 3, (way >= 1 / 3) & (way < 2 / 3)

    begin = (where * (piece + 1)).long()
    in_crop = (place >= begin) & (place < begin + length - piece)
    unmasked = (each >= changed) | (place == length - 1)
    kept = histories.real & (in_crop | ~crops) & (unmasked | ~masks)

    begin = (where * (length - piece + 1)).long()
    shuffled = (place >= begin) & (place < begin + piece) & ~(crops | masks)
    order = torch.where(shuffled, begin + each * piece, place.float())
    return _rearranged(histories, order, kept)


def join(views: Sequence[Histories]) -> Histories:
    """The rows of several views, one view after another."""
    return Histories(
        torch.cat([view.ids for view in views]),
        torch.cat([view.items for view in views]),
        torch.cat([view.real for view in views]),
        torch.cat([view.times for view in views]),
    )


def _rearranged(
    histories: Histories, order: Float[Tensor, "B L"], kept: Bool[Tensor, "B L"]
) -> Histories:
    """The items that are kept, by rising order, and padding after them."""
    index: Int[Tensor, "B L"] = order.masked_fill(~kept, torch.inf).argsort(dim=1, stable=True)
    real = kept.gather(1, index)
    items = histories.items.gather(1, index[..., None].expand_as(histories.items))
    times = histories.times
    return Histories(
        histories.ids.gather(1, index).masked_fill(~real, PAD),
        items.masked_fill(~real[..., None], 0.0),
        real,
        times.gather(1, index) if times.shape[1] else times,
    )
