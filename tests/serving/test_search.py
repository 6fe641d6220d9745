"""The exact search is a slow loop over all items, for any sizes, ties and exclusions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bam.model.additions import Additions
from bam.model.aggregation.logsumexp import LogSumExp
from bam.model.aggregation.maximum import Maximum
from bam.records import PAD
from bam.serving import search
from bam.serving.search import Exact, exclude
from tests.histories import mixture_of

whole = st.integers(-2, 2).map(float)


def lists_of(size, values):
    return st.lists(values, min_size=size, max_size=size)


@st.composite
def cases(draw):
    """A table, interests and log weights of some users, what is seen and what is added, and n.

    Scores are small whole numbers: many of them tie.
    """
    V, K, B = draw(st.integers(1, 15)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    table = torch.tensor([[9.0, 9.0], *draw(lists_of(V, lists_of(2, whole)))])
    vectors = torch.tensor(draw(lists_of(B, lists_of(K, lists_of(2, whole)))))
    log_weight = torch.tensor(draw(lists_of(B, lists_of(K, st.sampled_from([0.0, -1.0])))))
    log_weight[:, 1:] += draw(st.sampled_from([0.0, -math.inf]))  # the first one always counts
    items = st.lists(st.integers(1, V), max_size=2 * V)
    seen = [torch.tensor(draw(items), dtype=torch.int64) for _ in range(B)]
    memory = torch.tensor(draw(lists_of(B, lists_of(V + 1, st.sampled_from([0.0, 0.0, 1.0])))))
    memory[:, PAD] = 0
    return table, mixture_of(vectors, log_weight), seen, memory, draw(st.integers(1, 20))


def scores(table, vectors, log_weight, memory):
    """[K V1], by plain loops."""
    return [
        [float((m * e).sum()) + float(g) + added for e, added in zip(table, memory, strict=True)]
        for m, g in zip(vectors, log_weight, strict=True)
    ]


def require_top(top, score, seen, n):
    """That the items of a row are the n best of these scores, each once, the seen ones not."""
    left = [item for item in range(1, len(score)) if item not in seen and score[item] > -math.inf]
    expected = sorted((score[item] for item in left), reverse=True)[:n]
    listed = top.item[top.item != PAD].tolist()
    assert [score[item] for item in listed] == pytest.approx(expected, abs=1e-5)
    assert top.score[: len(listed)].tolist() == pytest.approx(expected, abs=1e-5)
    assert len({*listed}) == len(listed) and {*listed} <= {*left}
    assert (top.score[len(listed) :] == -math.inf).all()
    assert (top.item[len(listed) :] == PAD).all()


@given(cases(), st.sampled_from([2, 7, 1000]))
def test_it_finds_the_best_items_of_each_interest_and_of_all_of_them(case, block):
    table, mixture, seen, memory, n = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "ITEMS", block)
        exact = Exact.of(table, len(seen))
    row, item = memory.nonzero(as_tuple=True)
    remembered = Additions.summed(row, item, memory[row, item])
    added = remembered.plus(exclude(seen, table.device))
    each = exact.each(mixture, added, n)
    best, joint = (exact.pooled(mixture, pool, added, n) for pool in (Maximum().pool, POOL))
    for row, met in enumerate(seen):
        own = scores(table, mixture.vectors[row], mixture.log_weight[row], memory[row].tolist())
        met = met.tolist()
        for k, score in enumerate(own):
            require_top(row_of(each, row, k), score, met, n)
        columns = list(zip(*own, strict=True))
        require_top(row_of(best, row), list(map(max, columns)), met, n)
        summed = [math.log(sum(map(math.exp, column))) for column in columns]
        require_top(row_of(joint, row), summed, met, n)


POOL = LogSumExp(1.0).pool


def row_of(top, *place):
    return type(top)(top.score[place], top.item[place])


def test_nothing_is_excluded_of_no_histories():
    excluded = exclude([], torch.device("cpu"))
    assert excluded.row.tolist() == excluded.item.tolist() == []
    empty = torch.tensor([], dtype=torch.int64)
    assert exclude([empty, torch.tensor([4, 4])], torch.device("cpu")).row.tolist() == [1]


def test_padding_is_never_found():
    table = torch.tensor([[9.0], [1.0], [2.0]])
    vectors = torch.tensor([[[1.0]]])
    mixture = mixture_of(vectors)
    top = Exact.of(table, 1).pooled(mixture, Maximum().pool, exclude([], table.device), 5)
    assert top.item[0][:2].tolist() == [2, 1] and (top.item[0][2:] == PAD).all()
