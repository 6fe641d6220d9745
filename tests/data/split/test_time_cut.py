import pytest

from bam.data.split.time_cut import TimeCut
from bam.errors import Mistake

TIMES = [1, 2, 7, 9, 3, 4, 8, 5, 6, 10]  # three users of 4, 3 and 3; the cuts are at 7 and at 9


def cut(num_targets=1):
    return TimeCut(valid_share=0.2, test_share=0.2, num_targets=num_targets)


def spans(part):
    return list(zip(part.start.tolist(), part.cut.tolist(), part.stop.tolist(), strict=True))


def test_what_lies_before_both_cuts_trains_and_what_lies_after_is_predicted(interactions):
    split = cut()(interactions(4, 3, 3, times=TIMES))
    assert spans(split.train) == [(0, 1, 2), (4, 5, 6), (7, 8, 9)]
    assert spans(split.valid) == [(0, 2, 3), (4, 6, 7)]  # the third has nothing between the cuts
    assert spans(split.test) == [(0, 3, 4), (7, 9, 10)]  # the second has nothing after the last


def test_no_training_item_is_later_than_any_target(interactions):
    data = interactions(4, 3, 3, times=TIMES)
    split = cut()(data)
    latest = max(int(data.times[stop - 1]) for stop in split.train.stop)
    assert latest < min(int(data.times[c]) for c in split.valid.cut)


def test_there_may_be_more_targets_than_one(interactions):
    data = interactions(5, 5, times=[1, 2, 8, 9, 10, 3, 4, 5, 6, 7])
    assert spans(TimeCut(0.1, 0.3, 2)(data).test) == [(0, 2, 4)]


def test_data_without_times_are_refused(interactions):
    with pytest.raises(Mistake, match="tiny has no times"):
        cut()(interactions(4, 3))


@pytest.mark.parametrize("share", [0.0, -0.1])
def test_a_share_of_nothing_is_refused(share):
    with pytest.raises(Mistake, match="valid_share must be above 0"):
        TimeCut(share, 0.2, 1)
    with pytest.raises(Mistake, match="test_share must be above 0"):
        TimeCut(0.2, share, 1)


def test_shares_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(Mistake, match="together must be below 1"):
        TimeCut(0.5, 0.5, 1)


def test_a_share_that_rounds_to_nothing_leaves_the_last_item(interactions):
    split = TimeCut(0.5, 1e-17, 1)(interactions(2, 2, times=[1, 3, 2, 4]))
    assert spans(split.test) == [(2, 3, 4)]
