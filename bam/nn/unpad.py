"""Maps of single items that compute nothing for padding."""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import pad

from bam.nn.matmul import round_up_rows


def apply_unpadded(
    function: Callable[[Tensor], Tensor],
    items: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
    padding: float,
) -> Float[Tensor, "B L E"]:
    """`function(item)` for each real item, and the value `padding` for the others.

    `function` maps [... D] to [... E], each item alone. On a GPU, and where no gradient is needed,
    it is computed for padding too and then replaced: a GPU would have to be waited for to find the
    real items, and evaluation puts histories of one length together, which have little padding.
    """
    if not items.is_cpu or not items.requires_grad:
        return function(items).masked_fill(~real[..., None], padding)
    place = real.flatten().nonzero()[:, 0]
    extra = round_up_rows(len(place)) - len(place)  # the first item again, then dropped
    chosen = items.flatten(0, 1).index_select(0, pad(place, (0, extra)))
    mapped = function(chosen)[: len(place)]
    whole = mapped.new_full((real.numel(), mapped.shape[-1]), padding)
    return whole.index_copy(0, place, mapped).unflatten(0, real.shape)
