"""How far the order of a user's items carries information: counts of what came right after what."""

from typing import Any

import numpy as np

from bam.records import Interactions

SHORTEST = 3  # items of a user: one target, and two before it
TOP = 10
SHUFFLES = 3


def order_information(data: Interactions, seed: int = 0) -> dict[str, Any]:
    """hit@10 of next-item counts in the true order, and where the order is shuffled; from 0 to 1.

    The target is a user's last item (what split=leave_one_out tests), if the user has at least
    three items. Of all pairs of neighbours among the items before the targets, the 10 most frequent
    successors of the user's last-but-one item are the prediction; among equal counts the more
    popular item is first, then the smaller id. Met items are not left out. `shuffled` is the mean
    over 3 shuffles of each user's items before the target. Equal figures: the order
    carries no more information than the set of items. `standard_error` is that of
    `true`. None: no such user.
    """
    items, offsets = data.items.numpy(), data.offsets.numpy()
    length = np.diff(offsets)
    used = length >= SHORTEST
    if not used.any():
        return {"users": 0, "true": None, "shuffled": None, "standard_error": None}
    target = items[offsets[1:][used] - 1].astype(np.int64)
    user = np.repeat(np.arange(len(length)), length)
    before = np.ones(len(items), bool)
    before[offsets[1:][length > 0] - 1] = False
    before &= used[user]
    history, owner = items[before].astype(np.int64), user[before]
    random = np.random.default_rng(seed)
    hits = [_hits(history, owner, target, data.num_items)]
    for _ in range(SHUFFLES):
        mixed = history[np.lexsort((random.random(len(history)), owner))]
        hits.append(_hits(mixed, owner, target, data.num_items))
    true = hits[0]
    return {
        "users": len(target),
        "true": true,
        "shuffled": float(np.mean(hits[1:])),
        "standard_error": float(np.sqrt(true * (1 - true) / len(target))),
    }


def _hits(history: np.ndarray, owner: np.ndarray, target: np.ndarray, num_items: int) -> float:
    """The share of targets that are among the TOP successors of the item before them."""
    ids = num_items + 1
    same = owner[1:] == owner[:-1]
    pairs, counts = np.unique(history[:-1][same] * ids + history[1:][same], return_counts=True)
    first, second = pairs // ids, pairs % ids
    popularity = np.bincount(history, minlength=ids)
    ordered = np.lexsort((second, -popularity[second], -counts, first))
    begins = np.searchsorted(first, first[ordered])  # pairs are sorted by their first item
    top = pairs[ordered[np.arange(len(ordered)) - begins < TOP]]
    last = history[np.append(~same, True)]
    return float(np.isin(last * ids + target, top).mean())
