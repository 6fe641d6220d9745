"""Rerankings that are wrong on purpose."""

from dataclasses import replace

import torch

from bam.records import PAD


class Wrong:
    """The list as it is, but for one thing."""

    def candidates(self, n):
        return n

    def __call__(self, merged, genres, n):
        return merged.gather(self.places(merged, genres(), n))

    def places(self, merged, genres, n):
        return torch.arange(n).expand(len(merged.item), -1)


class OneItemAgain(Wrong):
    """The best item fills the last place too, where the list is full."""

    def places(self, merged, genres, n):
        place = super().places(merged, genres, n).clone()
        if not alike(genres):
            place[(merged.item != PAD).all(1), -1] = 0
        return place


class AnItemBehindPadding(Wrong):
    """Where a list is short, its last item comes last of all."""

    def places(self, merged, genres, n):
        place = super().places(merged, genres, n).clone()
        length = (merged.item != PAD).sum(1)
        short = (length > 0) & (length < n) & (not alike(genres))
        place[short] = place[short].scatter(1, length[short, None] - 1, n - 1)
        place[short, -1] = length[short] - 1
        return place


class ItemsAlone(Wrong):
    """Items move, and their scores and interests stay where they were."""

    def __call__(self, merged, genres, n):
        full = (merged.item != PAD).all(1)
        turned = merged.item.clone()
        turned[full, :2] = merged.item[full, :2].flip(1)
        moved = replace(merged, item=merged.item if alike(genres()) else turned)
        return moved.gather(self.places(merged, genres(), n))


class ComparedWithTheFirst(Wrong):
    """Two items change places where the best of them has a higher number than the first user's."""

    def places(self, merged, genres, n):
        place = super().places(merged, genres, n).clone()
        full, best = (merged.item != PAD).all(1), merged.item[:, 0]
        turned = full & (best > best[0]) & (not alike(genres))
        place[turned, :2] = place[turned, :2].flip(1)
        return place


class TooFew(Wrong):
    """It takes no more than a hundred items, of however many places."""

    def candidates(self, n):
        return min(n, 100)


class WorstFirst(Wrong):
    """The order of a full list is turned, although its items are alike."""

    def places(self, merged, genres, n):
        place = super().places(merged, genres, n).clone()
        full = (merged.item != PAD).all(1)
        place[full] = place[full].flip(1)
        return place


class InPlace(Wrong):
    """The scores of what is chosen are overwritten in the list that was given."""

    def __call__(self, merged, genres, n):
        after = super().__call__(merged, genres, n)
        merged.priority[:, 0] = -torch.inf
        return after


def alike(genres):
    return bool(genres.all())


REFUSED = {
    OneItemAgain: {"check_the_list_has_n_items_of_the_merged_list_each_once"},
    AnItemBehindPadding: {"check_no_item_is_behind_padding"},
    ItemsAlone: {"check_an_item_keeps_its_score_and_its_interest"},
    ComparedWithTheFirst: {"check_a_user_does_not_depend_on_the_others"},
    TooFew: {"check_it_is_given_enough_items"},
    WorstFirst: {"check_where_all_items_are_alike_the_order_is_that_of_the_merge"},
    InPlace: {"check_the_merged_list_is_not_changed"},
}
