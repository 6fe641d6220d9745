"""Nothing is added: attention sees items and positions alone."""

from torch import nn

from bam.records import Histories


class NoBias(nn.Module):
    """No bias, and so the quickest attention."""

    def forward(self, histories: Histories) -> None:
        return None
