"""What every blending must do; a check takes `build(num_items)`, which makes one."""

import torch

from bam.model.additions import Additions
from bam.model.aggregation.maximum import maximum
from bam.model.blend import Scores
from bam.records import Mixture, in_one_process

V, B, K, D = 30, 4, 3, 5


def check_scores_become_higher_or_stay(build):
    added = build(V)(shares(), scores())
    assert added.score.isfinite().all() and (added.score >= 0).all()


def check_it_adds_to_the_items_of_the_memory_alone(build):
    known, added = shares(), build(V)(shares(), scores())
    assert torch.equal(added.row, known.row) and torch.equal(added.item, known.item)


def check_a_larger_share_adds_more(build):
    blending, known = build(V), shares()
    more = Additions(known.row, known.item, known.score * 1.5)
    assert (blending(more, scores()).score > blending(known, scores()).score).all()


def check_a_user_does_not_depend_on_the_others(build):
    blending, known, one = build(V), shares(), torch.tensor([2])
    together = blending(known, scores()).select(one, B)
    alone = blending(known.select(one, B), scores(2))
    torch.testing.assert_close(alone.score, together.score)


def check_a_memory_that_knows_nothing_adds_nothing(build):
    assert not len(build(V)(Additions.none(torch.device("cpu")), scores()).item)


def shares() -> Additions:
    """Of 6 items of each user, which sum to less than 1."""
    random = torch.Generator().manual_seed(3)
    item = torch.stack([torch.randperm(V, generator=random)[:6] + 1 for _ in range(B)])
    share = torch.rand(B, 6, generator=random) / 10 + 1e-3
    return Additions.summed(torch.arange(B).repeat_interleave(6), item.flatten(), share.flatten())


def scores(*rows) -> Scores:
    """Of all users, or of these."""
    random = torch.Generator().manual_seed(4)
    vectors, log_weight = torch.randn(B, K, D, generator=random), torch.zeros(B, K)
    table = torch.randn(V + 1, D, generator=random)
    chosen = list(rows) or list(range(B))
    weight = log_weight.softmax(1)[chosen]
    mixture = Mixture(vectors[chosen], vectors[chosen][..., :0], log_weight[chosen], weight)
    return Scores(mixture, maximum, table.__getitem__, lambda: table[1:], in_one_process)
