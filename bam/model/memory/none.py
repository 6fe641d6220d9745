"""Nothing is remembered."""

from collections.abc import Callable

from jaxtyping import Int
from torch import Tensor, nn

from bam.model.additions import Additions


class NoMemory(nn.Module):
    """Scores are the model's alone."""

    holds_histories = False

    def __init__(self, num_items: int, training: Callable[[], tuple[Tensor, Tensor]]):
        super().__init__()

    def forward(self, history: Int[Tensor, "B L"]) -> Additions:
        return Additions.none(history.device)
