"""Maps of single items that spend nothing on padding."""

from collections.abc import Callable

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import pad

from bam.nn.matmul import round_up_rows


def apply_unpadded(
    map_of: Callable[[Tensor], Tensor],
    items: Float[Tensor, "B L D"],
    real: Bool[Tensor, "B L"],
    elsewhere: float,
) -> Float[Tensor, "B L E"]:
    """What `map_of` makes of each real item, whatever stands around it; `elsewhere` on padding.

    A GPU maps the padding too: to find what is real it would have to be waited for. So does what
    learns nothing: ranking puts histories of one length together.
    """
    if not items.is_cpu or not items.requires_grad:
        return map_of(items).masked_fill(~real[..., None], elsewhere)
    place = real.flatten().nonzero()[:, 0]
    some = pad(place, (0, round_up_rows(len(place)) - len(place)))  # some place again, then dropped
    mapped = map_of(items.flatten(0, 1).index_select(0, some))[: len(place)]
    whole = mapped.new_full((real.numel(), mapped.shape[-1]), elsewhere)
    return whole.index_copy(0, place, mapped).unflatten(0, real.shape)
