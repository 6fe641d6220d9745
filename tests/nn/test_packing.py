"""Packed rows are the real items, in the order of the batch."""

import torch

from bam.nn.packing import Packing

REAL = torch.arange(4) < torch.tensor([[3], [1], [4]])


def test_rows_are_the_real_items_and_return_to_their_places():
    packing, x = Packing.of(REAL), torch.randn(3, 4, 2)
    rows = packing.pack(x)
    assert rows.equal(x[REAL])
    assert packing.unpack(rows).equal(x * REAL[..., None])


def test_gradients_reach_real_items_alone():
    packing, x = Packing.of(REAL), torch.randn(3, 4, 2, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 4, 2, dtype=torch.float64)
    (packing.unpack(packing.pack(x).square()) * weight).sum().backward()
    torch.testing.assert_close(x.grad, 2 * x.detach() * weight * REAL[..., None])


def test_a_batch_without_padding_is_not_copied():
    packing, x = Packing.of(torch.ones(2, 3, dtype=torch.bool)), torch.randn(2, 3, 5)
    assert packing.pack(x).data_ptr() == x.data_ptr()
    assert packing.unpack(packing.pack(x)).equal(x)
