"""Data sets that are wrong on purpose: each is made of one that is right."""

from dataclasses import replace

import torch


def empty(data):
    """Nothing was read."""
    no_one = torch.zeros(1, dtype=torch.int64)
    return replace(data, items=data.items[:0], offsets=no_one, times=data.times[:0])


def without_its_last_user(data):
    """The items of the last user belong to nobody."""
    return replace(data, offsets=data.offsets[:-1])


def with_an_empty_user(data):
    """A user who has done nothing."""
    return replace(data, offsets=torch.cat([data.offsets, data.offsets[-1:]]))


def counted_from_zero(data):
    """The first item has the id of padding."""
    return replace(data, items=data.items - 1)


def turned_around(data):
    """Each user's items run from the latest to the first."""
    return replace(data, items=data.items.flip(0), times=data.times.flip(0))


def with_a_strange_item(data):
    """An item that the catalogue does not know."""
    items = data.items.clone()
    items[2] = data.num_items + 1
    return replace(data, items=items, num_items=data.num_items + 1)


def without_a_checksum(data):
    """Any other data may be taken for it."""
    return replace(data, checksum="")


REFUSED = {
    without_a_checksum: {"check_its_content_has_a_checksum"},
    empty: {"check_there_are_users_with_items"},
    without_its_last_user: {"check_every_user_has_his_own_items"},
    with_an_empty_user: {"check_every_user_has_his_own_items"},
    counted_from_zero: {
        "check_items_are_counted_from_one",
        "check_every_item_is_in_the_catalogue_once",
    },
    turned_around: {"check_a_user_is_in_time_order"},
    with_a_strange_item: {"check_every_item_is_in_the_catalogue_once"},
}
