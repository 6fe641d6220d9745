import pytest

from bam.data.split.given import Given
from bam.errors import Mistake


def spans(part):
    return list(zip(part.start.tolist(), part.cut.tolist(), part.stop.tolist(), strict=True))


def test_each_file_gives_the_targets_of_its_part(interactions):
    split = Given()(interactions(5, 4, part=[0, 0, 1, 2, 2, 0, 0, 0, 1]))
    assert spans(split.train) == [(0, 1, 2), (5, 6, 8)]
    assert spans(split.valid) == [(0, 2, 3), (5, 8, 9)]
    assert spans(split.test) == [(0, 3, 5)]


def test_the_test_targets_of_a_user_are_one_set_and_the_log_counts_such_users(interactions, caplog):
    caplog.set_level("INFO")
    assert spans(Given()(interactions(5, 3, part=[0, 0, 1, 2, 2, 0, 1, 2])).test) == [
        (0, 3, 5), (5, 7, 8)]  # fmt: skip
    assert "1 users have several test targets: what comes before the first" in caplog.text


def test_a_user_without_a_history_begins_with_his_second_item(interactions):
    split = Given()(interactions(2, 3, 4, 1, part=[2, 2, 1, 1, 2, 0, 0, 1, 2, 1]))
    assert spans(split.test) == [(0, 1, 2), (2, 4, 5), (5, 8, 9)]
    assert spans(split.valid) == [(2, 3, 4), (5, 7, 8)]
    assert [stop - cut for _, cut, stop in spans(split.train)] == [0, 0, 1, 0]


def test_what_is_history_alone_does_not_train(interactions):
    split = Given()(interactions(6, part=[-1, -1, 0, 0, 1, 2]))
    assert spans(split.train) == [(0, 2, 4)]


def test_data_without_such_files_are_refused(interactions):
    with pytest.raises(Mistake, match="split must be another than given: tiny was not prepared"):
        Given()(interactions(5, 5))


@pytest.mark.parametrize("part", [[0, 0, 0, 2], [0, 0, 1, 1], [0, 1, 1, 2]])
def test_a_part_without_a_target_is_refused(interactions, part):
    with pytest.raises(Mistake, match="a part has no target with a history"):
        Given()(interactions(4, part=part))
