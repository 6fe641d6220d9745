"""What every data set must be, from a file or not."""

import re

from bam.data.dataset.build import store


def check_there_are_users_with_items(data):
    assert len(data.items) and len(data.offsets) > 1 and data.num_items


def check_every_user_has_his_own_items(data):
    length = data.offsets.diff()
    assert int(data.offsets[0]) == 0 and (length > 0).all()
    assert int(data.offsets[-1]) == len(data.items)


def check_items_are_counted_from_one(data):
    """0 is padding."""
    assert ((data.items >= 1) & (data.items <= data.num_items)).all()


def check_a_user_is_in_time_order(data):
    """Or there are no times."""
    if len(data.times):
        assert len(data.times) == len(data.items)
        for start, stop in zip(data.offsets[:-1].tolist(), data.offsets[1:].tolist(), strict=True):
            assert (data.times[start:stop].diff() >= 0).all()


def check_its_content_has_a_checksum(data):
    """16 hexadecimal digits: a run of other data is known by it."""
    assert re.fullmatch("[0-9a-f]{16}", data.checksum)


def check_every_item_is_in_the_catalogue_once(data):
    named = store.read_catalogue(data.folder)["item"].to_list()
    assert len(set(named)) == len(named) and set(data.items.tolist()) <= set(named)
