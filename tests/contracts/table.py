"""What every item table must do; a check takes what makes it, and a folder for the data set."""

from dataclasses import replace

import polars as pl
import torch

from bam.data.dataset.build import store
from bam.data.windows import count_items
from bam.records import PAD, Interactions, Spans

V, DIM, USERS, LENGTH = 40, 6, 60, 9  # item V is in no training history


def check_there_is_a_row_of_numbers_for_padding_and_for_each_item(make, folder):
    table = made(make, folder)
    assert table.every().shape == table.weight.shape == (V + 1, DIM)
    assert table.every().isfinite().all()


def check_the_row_of_padding_is_zero_and_stays_so(make, folder):
    table = made(make, folder)
    ids = torch.tensor([[1, 2, PAD], [3, PAD, PAD]])
    for many in (ids, ids.repeat(30, 1)):
        assert not table(many)[many == PAD].any() and not table.every()[PAD].any()
        (table(many).sum() + table.every()[PAD + 1 :].sum()).backward()
        with torch.no_grad():
            for weight in table.parameters():
                weight -= weight.grad
    assert not table.every()[PAD].any()


def check_a_row_is_the_same_alone_and_among_all(make, folder):
    table = made(make, folder)
    learn(table)
    for ids in (torch.tensor([7]), torch.arange(V + 1), torch.randint(V + 1, (30, 20))):
        torch.testing.assert_close(table(ids), table.every()[ids])


def check_no_two_items_of_another_count_begin_alike(make, folder):
    rows, count = made(make, folder).every()[1:], count_items(data(folder), TRAIN)[1:]
    alike = (rows[:, None] == rows).all(2)
    assert not (alike & (count[:, None] != count)).any()


def check_the_training_part_alone_decides(make, folder):
    earlier = data(folder)
    tested = torch.ones(len(earlier.items), dtype=torch.bool)
    for start, stop in zip(TRAIN.start, TRAIN.stop, strict=True):
        tested[start:stop] = False
    other = replace(earlier, items=torch.where(tested, 1, earlier.items).int())
    tables = [made(make, folder, data=one) for one in (earlier, other)]
    for table in tables:
        learn(table)
    assert torch.equal(tables[0].every(), tables[1].every())


def check_what_is_learned_of_a_trained_item_moves_its_row(make, folder):
    table = made(make, folder)
    for item in (1, 17, V - 1):
        [gradient] = torch.autograd.grad(table(torch.tensor([item])).sum(), [table.weight])
        assert gradient[item].any()


def check_a_sparse_gradient_is_the_dense_one(make, folder):
    ids, gradients = torch.tensor([[3, 5, 3], [9, PAD, 1]]), []
    for sparse in (False, True):
        table = made(make, folder, sparse=sparse)
        table(ids).square().sum().backward()
        gradients.append(table.weight.grad)
    assert gradients[1].is_sparse and len(gradients[1].coalesce().indices()[0]) < V
    torch.testing.assert_close(gradients[1].to_dense(), gradients[0])


def spans():
    start = torch.arange(USERS) * LENGTH
    return Spans(start, start + 1, start + LENGTH - 2)


TRAIN = spans()


def data(folder):
    """A data set whose items have genres."""
    generator = torch.Generator().manual_seed(1)
    items = torch.randint(1, V, (USERS, LENGTH), generator=generator)
    items[:, :2] = 1 + torch.arange(2 * USERS).view(USERS, 2) % (V - 1)  # each is trained
    items[:7, -1] = V
    genres = pl.Series(["a|b", "b", "c", "", "a"] * (V // 5))
    item = pl.int_range(1, V + 1, dtype=pl.Int32, eager=True)
    columns = {"item": item, "original_id": item.cast(pl.String), "genres": genres}
    catalogue = pl.DataFrame(columns).with_columns(title=pl.lit(""))
    store.write_names(folder, pl.DataFrame({"user": [0], "original_id": ["0"]}), catalogue)
    offsets, none = torch.arange(USERS + 1) * LENGTH, torch.empty(0, dtype=torch.int64)
    return Interactions("made", folder, items.flatten().int(), offsets, none, none, V, "")


def made(make, folder, sparse=False, **changed):
    """The table of this data set, drawn with the same seed each time."""
    torch.manual_seed(3)
    known = {"data": data(folder), **changed}
    return make(**known, train=TRAIN, dim=DIM, sparse=sparse)


@torch.no_grad()
def learn(table):
    """Give what is learned other values, as training does; they are the same each time."""
    torch.manual_seed(4)
    for weight in table.parameters():
        weight[1:] = torch.randn_like(weight[1:])
