"""Each metric again, as a slow loop: ranks, lists and facts of all users, and the cutoff n."""

from itertools import combinations
from math import log2


def recall(ranks, lists, facts, n):
    return [sum(r <= n for r in user) / len(user) for user in ranks]


def hit_rate(ranks, lists, facts, n):
    return [float(any(r <= n for r in user)) for user in ranks]


def precision(ranks, lists, facts, n):
    return [sum(user.count(place) for place in range(1, n + 1)) / n for user in ranks]


def ndcg(ranks, lists, facts, n):
    def gain(places):
        return sum(1 / log2(place + 1) for place in places if place <= n)

    return [gain(user) / gain(range(1, len(user) + 1)) for user in ranks]


def mrr(ranks, lists, facts, n):
    return [1 / min(user) for user in ranks]


def map(ranks, lists, facts, n):
    def average(user):
        hits = [rank for rank in sorted(user) if rank <= n]
        return sum(k / rank for k, rank in enumerate(hits, 1)) / min(len(user), n)

    return [average(user) for user in ranks]


def coverage(ranks, lists, facts, n):
    return len({item for user in lists for item in user[:n]}) / facts.num_items


def gini(ranks, lists, facts, n):
    """The mean difference between two of the items, over twice the mean, times V / (V - 1)."""
    V = facts.num_items
    count = [sum(item in user[:n] for user in lists) for item in range(1, V + 1)]
    if V == 1 or not any(count):
        return 0.0
    difference = sum(abs(a - b) for a in count for b in count) / V**2
    return difference / (2 * sum(count) / V) * V / (V - 1)


def novelty(ranks, lists, facts, n):
    counts = facts.counts().tolist()
    bits = [-log2(max(count, 1) / max(sum(counts), 1)) for count in counts]
    return [mean([bits[item] for item in user[:n]]) for user in lists]


def popularity_bias(ranks, lists, facts, n):
    """The training interactions one by one: how popular is the item of each?"""
    counts = facts.counts().tolist()
    chosen = [count for count in counts for _ in range(count)]
    return [mean([counts[item] for item in user[:n]]) / (mean(chosen) or 1) for user in lists]


def diversity(ranks, lists, facts, n):
    genres = [{g for g, has in enumerate(row) if has} for row in facts.genres().tolist()]

    def distances(user):
        sets = [genres[item] for item in user[:n] if genres[item]]
        return [1 - len(a & b) / len(a | b) for a, b in combinations(sets, 2)]

    return [mean(distances(user)) for user in lists]


def mean(values):
    return sum(values) / len(values) if values else 0.0
