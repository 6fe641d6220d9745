"""Maps of single items compute nothing for padding where a gradient is needed."""

import torch
from torch import nn

from bam.nn.matmul import round_up_rows
from bam.nn.unpad import apply_unpadded

REAL = torch.tensor([[True, True, False], [True, False, False]])


def test_only_real_items_are_mapped():
    items, met = torch.randn(2, 3, 4, requires_grad=True), []

    def first(x):
        met.append(x)
        return x[:, :1]

    mapped = apply_unpadded(first, items, REAL, -1.0)
    assert len(met[0]) == round_up_rows(3)
    torch.testing.assert_close(met[0][:3], items[REAL])
    assert all((row == items[0, 0]).all() for row in met[0][3:])
    torch.testing.assert_close(mapped[..., 0], items[..., 0].where(REAL, -1.0))


def test_values_and_gradients_are_those_of_mapping_everything():
    items, layer, weight = torch.randn(2, 3, 4), nn.Linear(4, 2), torch.randn(2, 3, 2)
    learned = (items.requires_grad_(), *layer.parameters())
    everything = layer(items).masked_fill(~REAL[..., None], 0)
    packed = apply_unpadded(layer, items, REAL, 0.0)
    torch.testing.assert_close(packed, everything)
    found, wanted = (
        torch.autograd.grad((mapped * weight).sum(), learned) for mapped in (packed, everything)
    )
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


def test_without_a_gradient_the_values_are_the_same():
    items, layer = torch.randn(2, 3, 4), nn.Linear(4, 2)
    learning = apply_unpadded(layer, items.clone().requires_grad_(), REAL, -torch.inf)
    torch.testing.assert_close(apply_unpadded(layer, items, REAL, -torch.inf), learning)
