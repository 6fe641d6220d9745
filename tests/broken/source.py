"""Raw formats that are wrong on purpose: each reads u.data of MovieLens 100K, but for one thing."""

from dataclasses import replace

import polars as pl

from bam.data.dataset.publisher.movielens import FIELDS, U_DATA
from bam.data.dataset.read.delimited import Delimited


def changed(change):
    """The format whose table of interactions is changed."""
    chunks = U_DATA.chunks
    return replace(U_DATA, chunks=lambda part: map(change, chunks(part)))


def fields(*names, header=False):
    return replace(
        U_DATA, chunks=Delimited("\t", names, header=header, quote="", time_form="s").chunks
    )


def reads_nothing():
    """No table comes."""
    return replace(U_DATA, chunks=lambda part: iter(()))


def reads_an_empty_table():
    """A table comes, with no row in it."""
    return changed(lambda frame: frame.clear())


def takes_the_first_line_for_a_header():
    """The first interaction is lost."""
    return fields(*FIELDS, header=True)


def takes_users_for_items():
    """The two columns are swapped."""
    return fields("item", "user", "rating", "time")


def forgets_the_rating():
    """Then no rating can be filtered by."""
    return fields("user", "item", "", "time")


def turns_the_file_around():
    """What happened in the same second is in the wrong order."""
    return changed(lambda frame: frame.reverse())


def reads_milliseconds():
    """Times are a thousandth of what they were."""
    return changed(lambda frame: frame.with_columns(pl.col("time") // 1000))


def drops_what_it_has_seen():
    """An item is kept for its first user alone."""
    return changed(lambda frame: frame.unique("item", keep="first", maintain_order=True))


def knows_no_file():
    """Its pattern fits no line that was ever written."""
    return replace(U_DATA, first_line="user item rating time")


READ = "check_every_interaction_is_read_in_file_order"
REFUSED = {
    reads_nothing: {READ},
    reads_an_empty_table: {READ},
    takes_the_first_line_for_a_header: {READ},
    takes_users_for_items: {READ},
    forgets_the_rating: {READ},
    turns_the_file_around: {READ},
    reads_milliseconds: {READ},
    drops_what_it_has_seen: {READ},
    knows_no_file: {"check_it_knows_its_file"},
}
