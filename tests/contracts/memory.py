"""What every memory must do; a check takes `build(data, split)`, which makes one."""

import torch
from torch.nn.functional import pad

from bam.data.split.leave_one_out import LeaveOneOut
from bam.data.split.time_cut import TimeCut
from bam.data.split.unseen_users import UnseenUsers
from bam.data.windows import rows_and_items
from bam.model.additions import Additions
from bam.records import PAD, Interactions, Split
from tests.contracts.split import made

SPLITS = [LeaveOneOut(), UnseenUsers(0.2, 0.2, 0.2, seed=1), TimeCut(0.2, 0.2, 5)]


def check_it_counts_nothing_but_the_training_part(build):
    for cut in SPLITS:
        data = made(0)
        split = cut(data)
        before, after = build(data, split), build(changed(data, split), split)
        history = histories(data)
        assert equal(before(history), after(history))


def check_padding_and_other_users_add_nothing(build):
    data, memory = example(build)
    history = histories(data)
    together = dense(memory(pad(history, (0, 3))), len(history), data)
    for row, one in enumerate(history):
        alone = dense(memory(one[one != PAD][None]), 1, data)
        torch.testing.assert_close(alone[0], together[row])


def check_it_gives_shares_of_items(build):
    """Above 0, and of each user at most 1 together."""
    data, memory = example(build)
    history = histories(data)
    added = memory(history)
    assert added.score.isfinite().all() and (added.score > 0).all()
    assert (dense(added, len(history), data).sum(1) <= 1 + 1e-5).all()
    assert ((added.item > PAD) & (added.item <= data.num_items)).all()
    assert added.score.dtype == torch.float32


def check_pairs_are_in_order_and_each_comes_once(build):
    """By item, then by user."""
    data, memory = example(build)
    history = histories(data)
    added = memory(history)
    assert (torch.diff(added.item * len(history) + added.row) > 0).all()


def check_nothing_in_it_is_trained_or_saved_with_the_weights(build):
    _, memory = example(build)
    assert not memory.state_dict() and not list(memory.parameters())


def check_all_that_it_has_counted_is_in_its_buffers(build):
    """An export carries these."""
    data, memory = example(build)
    split = LeaveOneOut()(data)
    none = split.train.start[:0]
    again = build(data, Split(type(split.train)(none, none, none), split.valid, split.test))
    for name, value in memory.named_buffers():
        owner, _, last = name.rpartition(".")
        again.get_submodule(owner).register_buffer(last, value, persistent=False)
    assert equal(again(histories(data)), memory(histories(data)))


def check_it_says_whether_histories_can_be_read_from_its_buffers(build):
    """The card of an export then says that it holds them."""
    data, memory = example(build)
    user, item = training(data, LeaveOneOut()(data))
    longest = item[user == user.bincount().argmax()].tolist()
    held = any(longest in runs(value, len(longest)) for value in memory.buffers())
    assert memory.holds_histories or not held


def training(data: Interactions, split: Split):
    return rows_and_items(data.items, split.train.start, split.train.stop)


def runs(values, length):
    """Every part of this length of the values."""
    flat = values.flatten()
    return flat.unfold(0, length, 1).tolist() if len(flat) >= length else []


def example(build):
    data = made(0)
    return data, build(data, LeaveOneOut()(data))


def changed(data: Interactions, split: Split) -> Interactions:
    """Data of which every item that is not of the training part is another one."""
    places = torch.arange(len(data.items))
    _, trained = rows_and_items(places, split.train.start, split.train.stop)
    kept = torch.isin(places, trained)
    items = torch.where(kept, data.items, data.items % data.num_items + 1).int()
    return Interactions(**{**vars(data), "items": items})


def histories(data: Interactions):
    """Of 0 to 5 items, some of which come twice."""
    random = torch.Generator().manual_seed(5)
    history = torch.randint(1, data.num_items + 1, (9, 6), generator=random)
    return history.masked_fill(torch.arange(6) >= torch.arange(9)[:, None] % 6, PAD)


def equal(one: Additions, other: Additions) -> bool:
    pairs = zip(vars(one).values(), vars(other).values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def dense(added: Additions, rows: int, data: Interactions):
    scores = torch.zeros(rows, data.num_items + 1)
    added.write(scores, 0)
    return scores
