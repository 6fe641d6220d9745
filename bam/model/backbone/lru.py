"""LRURec: linear recurrent units (Yue et al., WSDM 2024), with a readout of K interests."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from bam.errors import require
from bam.nn.causal import last_place, states_at
from bam.nn.dropout import Dropout
from bam.nn.init import normal_by_fan_in
from bam.nn.layer_norm import LayerNorm
from bam.nn.recurrence import linear_recurrence
from bam.records import Histories, Interests

SHORTEST, LONGEST = 0.8, 0.99  # |lambda| at the start


class LRU(nn.Module):
    """Layers of a linear recurrence over the normed items; the readout makes interests of states.

    A history takes log2 L passes at once, and has no positions: an item's weight is a power of
    lambda. Dropout applies to the items and to what each half of a layer adds.
    """

    def __init__(self, dim: int, widening: int, layers: int, dropout: float, readout: nn.Module):
        super().__init__()
        require(widening >= 1, "widening must be at least 1", widening)
        require(layers >= 1, "layers must be at least 1", layers)
        self.norm, self.dropout = LayerNorm(dim), Dropout(dropout)
        each = (Layer(dim, widening * dim, dropout) for _ in range(layers))
        self.layers = nn.Sequential(*each)
        self.readout = readout

    def forward(self, histories: Histories) -> Interests:
        return self.at(histories, last_place(histories.real))

    def at(self, histories: Histories, place: Int[Tensor, " N"]) -> Interests:
        """The interests after the items at these places of the flattened history."""
        states = self.layers(self.dropout(self.norm(histories.items)))
        return Interests.unrouted(self.readout(states, place), states_at(states, place))


class Layer(nn.Module):
    """h_t = lambda h_{t-1} + gamma B x_t; y = norm(x + Re(C h)); norm(y + feed_forward(y)).

    lambda = exp(-exp(nu) + i exp(theta)) and gamma = sqrt(1 - |lambda|^2), which keeps h as large
    as B x. gamma follows lambda while it learns; in the paper it is a parameter that starts there.
    Re(C h) is a linear map of both parts of h. Neither B nor C has a bias.
    """

    def __init__(self, dim: int, hidden: int, dropout: float):
        super().__init__()
        square = torch.empty(hidden).uniform_(SHORTEST**2, LONGEST**2)
        self.nu = nn.Parameter((-square.log() / 2).log())
        self.theta = nn.Parameter((torch.rand(hidden) * 2 * math.pi).log())
        self.enter = nn.Parameter(torch.empty(2 * hidden, dim))
        normal_by_fan_in(self.enter.data)
        self.leave = nn.Linear(2 * hidden, dim, bias=False)
        normal_by_fan_in(self.leave.weight.data)
        self.after_recurrence, self.after_feed = LayerNorm(dim), LayerNorm(dim)
        self.feed = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))
        self.drop = Dropout(dropout)

    def forward(self, x: Float[Tensor, "B L D"]) -> Float[Tensor, "B L D"]:
        size, angle = (-self.nu.exp()).exp(), self.theta.exp()
        gamma = (1 - size.square()).sqrt()
        decay = torch.cat((size * angle.cos(), size * angle.sin()))
        states = linear_recurrence(linear(x, gamma.repeat(2)[:, None] * self.enter), decay)
        x = self.after_recurrence(x + self.drop(self.leave(states)))
        return self.after_feed(x + self.drop(self.feed(x)))
