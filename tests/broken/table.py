"""Beginnings of the item table that are wrong on purpose."""

from bam.records import PAD


def fills_padding(table, count):
    """Padding begins as an item does, and every short history has it."""
    table.normal_()


def forgets_the_last_item(table, count):
    """Items are counted from 0, so that the last one is left out."""
    table[PAD] = 0
    table[PAD + 1 : -1].normal_()


def all_alike(table, count):
    """No gradient will ever part items that begin alike and are chosen alike."""
    table.fill_(0.1)
    table[PAD] = 0


def shares(table, count):
    """A share of all counts, which one popular item changes for all."""
    table.copy_((count() / count().sum())[:, None].expand_as(table))


REFUSED = {
    fills_padding: {"check_padding_begins_as_zeros"},
    forgets_the_last_item: {"check_every_item_has_a_number_in_each_place"},
    all_alike: {"check_no_two_items_of_another_count_begin_alike"},
    shares: {"check_an_item_does_not_depend_on_what_others_were_counted"},
}
