"""Soft selection by inner product, BaM_p (Lee et al., 2024, eq. 7-8)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from bam.errors import require
from bam.records import Choice


class Drawn(nn.Module):
    """Draw k from p_k = softmax_k(tau c_k), c the correlation of interests and target.

    tau multiplies: a smaller one is softer. The draw gives no gradient to the interests and the
    target, as published. It gives one to the weights of the correlation: the choice has weight
    p / p, whose value is 1 and whose gradient is that of log p. So the gradient of the loss is
    nll * grad log p, the score-function estimate of the gradient of sum_k p_k nll_k (Williams,
    1992); `cost` of bam.objective.objective takes a mean off nll.
    """

    def __init__(self, tau: float, correlation: nn.Module):
        super().__init__()
        require(tau > 0, "tau must be above 0", tau)
        self.tau, self.correlation = tau, correlation

    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        log_p = (self.tau * self.correlation(vectors.detach(), target.detach())).log_softmax(1)
        p = log_p.detach().exp()
        # the largest p / Exp(1) is a draw from p, without leaving the device
        drawn = (p / torch.empty_like(p).exponential_()).argmax(dim=1, keepdim=True)
        log_drawn = log_p.gather(1, drawn)
        return Choice(drawn, (log_drawn - log_drawn.detach()).exp())


class Expected(nn.Module):
    """Every interest answers with weight p_k = softmax_k(tau c_k): sum_k p_k nll_k, without a draw.

    The gradient reaches the correlation, the interests and the target through p.
    """

    def __init__(self, tau: float, correlation: nn.Module):
        super().__init__()
        require(tau > 0, "tau must be above 0", tau)
        self.tau, self.correlation = tau, correlation

    def forward(
        self,
        vectors: Float[Tensor, "B K D"],
        target: Float[Tensor, "B D"],
        place: Int[Tensor, " B"],
    ) -> Choice:
        p = (self.tau * self.correlation(vectors, target)).softmax(1)
        return Choice(torch.arange(p.shape[1], device=p.device).expand_as(p), p)


class Inner(nn.Module):
    """c_k = <m_k, e_target> (eq. 8)."""

    def forward(
        self, vectors: Float[Tensor, "B K D"], target: Float[Tensor, "B D"]
    ) -> Float[Tensor, "B K"]:
        return (vectors @ target[:, :, None])[:, :, 0]


def drawn(tau: float) -> Drawn:
    """BaM_p."""
    return Drawn(tau, Inner())


def expected(tau: float) -> Expected:
    """BaM_p in expectation."""
    return Expected(tau, Inner())
