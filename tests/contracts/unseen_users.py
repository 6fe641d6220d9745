"""What a split does whose tested users have never been seen, beside what every split does."""

from tests.contracts.split import splits, targets


def check_no_position_of_a_tested_user_trains(split):
    for data, (train, valid, test) in splits(split):
        tested = targets(data, valid).keys() | targets(data, test).keys()
        assert not tested & targets(data, train).keys()


def check_nobody_both_validates_and_tests(split):
    for data, (_, valid, test) in splits(split):
        assert not targets(data, valid).keys() & targets(data, test).keys()
