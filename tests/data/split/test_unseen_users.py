import pytest

from bam.data.split.unseen_users import UnseenUsers
from bam.errors import Mistake


def split_of(data, seed=1):
    return UnseenUsers(valid_share=0.1, test_share=0.1, target_share=0.2, seed=seed)(data)


def test_users_are_split_eight_to_one_to_one_and_nobody_is_in_two_parts(interactions):
    split = split_of(interactions(*[10] * 50))
    parts = [set(part.start.tolist()) for part in (split.train, split.valid, split.test)]
    assert [len(part) for part in parts] == [40, 5, 5] and len(set.union(*parts)) == 50


def test_the_last_fifth_of_a_tested_user_are_targets_and_a_training_user_trains_whole(interactions):
    split = split_of(interactions(*[10] * 50))
    assert (split.test.stop - split.test.cut).tolist() == [2] * 5
    assert (split.test.cut - split.test.start).tolist() == [8] * 5
    assert (split.train.stop - split.train.start).tolist() == [10] * 40


def test_the_seed_decides_the_split(interactions):
    data = interactions(*[10] * 50)
    same, again, other = split_of(data), split_of(data), split_of(data, seed=2)
    assert same.test.start.tolist() == again.test.start.tolist() != other.test.start.tolist()


def test_short_users_are_dropped_and_too_few_users_refused(interactions, caplog):
    assert len(split_of(interactions(*[10] * 20, 4, 3)).train.start) == 16
    assert "2 of 22 users have fewer than 5 items" in caplog.text
    with pytest.raises(Mistake, match="too few users to validate and to test, 3"):
        split_of(interactions(5, 5, 5))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.1])
@pytest.mark.parametrize("name", ["valid_share", "test_share", "target_share"])
def test_a_share_of_nothing_or_of_all_is_refused(name, share):
    shares = {"valid_share": 0.1, "test_share": 0.1, "target_share": 0.2, name: share}
    with pytest.raises(Mistake, match=f"{name} must be between 0 and 1, got {share}"):
        UnseenUsers(**shares, seed=1)


def test_shares_that_leave_nobody_to_train_are_refused():
    with pytest.raises(Mistake, match="together must be below 1"):
        UnseenUsers(valid_share=0.5, test_share=0.5, target_share=0.2, seed=1)


def test_a_share_of_users_is_exact(interactions):
    data = interactions(*[5] * 100)
    split = UnseenUsers(valid_share=0.29, test_share=0.07, target_share=0.2, seed=1)(data)
    assert (len(split.valid.start), len(split.test.start)) == (29, 7)


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.5, 0.65, 0.8])
def test_a_share_of_targets_is_exact_for_every_length(interactions, share):
    lengths = [20, 40, 100, 180, 200, 340, 360, 500, 1000, 2000]
    data = interactions(*[length for length in lengths for _ in range(2)])
    found = UnseenUsers(valid_share=0.1, test_share=0.5, target_share=share, seed=1)(data).test
    whole = found.stop - found.start
    assert (found.stop - found.cut).tolist() == [
        length - length * round(100 - 100 * share) // 100 for length in whole.tolist()
    ]
