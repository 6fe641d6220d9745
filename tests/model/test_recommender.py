import torch
from torch import nn

from bam.model.aggregation.maximum import Maximum
from bam.model.recommender import Recommender
from bam.model.rows import Rows
from bam.model.similarity.inner import Inner
from bam.records import PAD


def test_one_lookup_gives_each_tensor_its_own_rows():
    model = Recommender(
        Rows(torch.zeros(10, 4), sparse=False), nn.Identity(), Inner(1.0), Maximum()
    )
    nn.init.normal_(model.items.weight)
    history, target = torch.randint(0, 10, (3, 5)), torch.randint(1, 10, (3,))
    rows, own = model.embed(history, target)
    assert torch.equal(rows, model.items(history)) and torch.equal(own, model.items(target))


def test_the_padding_row_is_never_trained():
    model = Recommender(
        Rows(torch.zeros(10, 4), sparse=False), nn.Identity(), Inner(1.0), Maximum()
    )
    nn.init.normal_(model.items.weight)
    (rows,) = model.embed(torch.tensor([[PAD, 1]]))
    rows.square().sum().backward()
    assert model.items.weight.grad is not None and not model.items.weight.grad[PAD].any()
