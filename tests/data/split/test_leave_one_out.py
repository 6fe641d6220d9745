import logging

import pytest

from bam.data.split.leave_one_out import LeaveOneOut
from bam.errors import Mistake


def test_the_last_item_tests_and_the_last_but_one_validates(interactions):
    split = LeaveOneOut()(interactions(5, 4))
    assert split.test.cut.tolist() == [4, 8] and split.test.stop.tolist() == [5, 9]
    assert split.valid.cut.tolist() == [3, 7] and split.valid.stop.tolist() == [4, 8]


def test_training_sees_neither_the_validation_nor_the_test_item(interactions):
    train = LeaveOneOut()(interactions(5, 4)).train
    assert train.cut.tolist() == [1, 6] and train.stop.tolist() == [3, 7]


def test_users_with_too_few_items_are_dropped_and_counted(interactions, caplog):
    with caplog.at_level(logging.WARNING):
        split = LeaveOneOut()(interactions(5, 2, 3, 1))
    assert split.test.stop.tolist() == [5, 10]
    assert "2 of 4 users have fewer than 3 items and are dropped" in caplog.text


def test_data_that_nobody_can_train_on_are_refused(interactions):
    with pytest.raises(Mistake, match="no user has the 4 items"):
        LeaveOneOut()(interactions(3, 3, 2))
