"""What a split does that keeps the files of its source, beside what every split does."""

from tests.contracts.split import splits, targets


def check_every_target_is_in_the_file_of_its_part(split):
    for data, parts in splits(split):
        for number, part in enumerate(parts):
            for user, places in targets(data, part).items():
                assert {int(data.part[data.offsets[user] + place]) for place in places} == {number}


def check_every_item_with_a_history_is_a_target(split):
    for data, parts in splits(split):
        found = sum(int((part.stop - part.cut).sum()) for part in parts)
        assert found == len(data.items) - (len(data.offsets) - 1)
