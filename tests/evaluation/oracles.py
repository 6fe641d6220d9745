"""Each metric again, as a slow loop.

Of all users the ranks, the lists, what each interest finds by itself and the facts; the cutoff n.
"""

from itertools import combinations
from math import ceil, log2

MAX_COSINE = 0.999  # as in conf/metric/queries.yaml


def recall(ranks, lists, queries, facts, n):
    return [sum(r <= n for r in user) / len(user) for user in ranks]


def hit_rate(ranks, lists, queries, facts, n):
    return [float(any(r <= n for r in user)) for user in ranks]


def precision(ranks, lists, queries, facts, n):
    return [sum(user.count(place) for place in range(1, n + 1)) / n for user in ranks]


def ndcg(ranks, lists, queries, facts, n):
    def gain(places):
        return sum(1 / log2(place + 1) for place in places if place <= n)

    return [gain(user) / gain(range(1, len(user) + 1)) for user in ranks]


def mrr(ranks, lists, queries, facts, n):
    return [1 / min(user) for user in ranks]


def map(ranks, lists, queries, facts, n):
    def average(user):
        hits = [rank for rank in sorted(user) if rank <= n]
        return sum(k / rank for k, rank in enumerate(hits, 1)) / min(len(user), n)

    return [average(user) for user in ranks]


def coverage(ranks, lists, queries, facts, n):
    return len({item for user in lists for item in user[:n]}) / facts.num_items


def gini(ranks, lists, queries, facts, n):
    """The mean difference between two of the items, over twice the mean, times V / (V - 1)."""
    V = facts.num_items
    count = [sum(item in user[:n] for user in lists) for item in range(1, V + 1)]
    if V == 1 or not any(count):
        return 0.0
    difference = sum(abs(a - b) for a in count for b in count) / V**2
    return difference / (2 * sum(count) / V) * V / (V - 1)


def novelty(ranks, lists, queries, facts, n):
    counts = facts.counts().tolist()
    bits = [-log2(max(count, 1) / max(sum(counts), 1)) for count in counts]
    return [mean([bits[item] for item in user[:n]]) for user in lists]


def popularity_bias(ranks, lists, queries, facts, n):
    """The training interactions one by one: how popular is the item of each?"""
    counts = facts.counts().tolist()
    chosen = [count for count in counts for _ in range(count)]
    return [mean([counts[item] for item in user[:n]]) / (mean(chosen) or 1) for user in lists]


def diversity(ranks, lists, queries, facts, n):
    genres = [{g for g, has in enumerate(row) if has} for row in facts.genres().tolist()]

    def distances(user):
        sets = [genres[item] for item in user[:n] if genres[item]]
        return [1 - len(a & b) / len(a | b) for a, b in combinations(sets, 2)]

    return [mean(distances(user)) for user in lists]


def queries(ranks, lists, queries, facts, n):
    return [float(len(heirs(*user))) for user in zip(*cosines_and_weights(queries), strict=True)]


def union_recall(ranks, lists, queries, facts, n):
    """Each interest that sends a query brings its best items; are the targets among them?"""
    found = []
    users = zip(queries.rank.tolist(), *cosines_and_weights(queries), strict=True)
    for targets, cosine, weight in users:
        kept = heirs(cosine, weight)
        each = ceil(n / len(kept))
        real = [rank for rank in targets if rank[0]]
        found.append(sum(any(rank[k] <= each for k in kept) for rank in real) / len(real))
    return found


def cosines_and_weights(queries):
    return queries.cosine.tolist(), queries.weight.tolist()


def heirs(cosine, weight, max_cosine=MAX_COSINE):
    """The interests that send a query, the heaviest first, each with those that it replaces."""
    kept = {}
    for k in sorted(range(len(weight)), key=lambda k: -weight[k]):
        if max_cosine >= 1 or all(cosine[k][j] <= max_cosine for j in kept):
            kept[k] = [k]
    for k in set(range(len(weight))) - kept.keys():
        kept[max(sorted(kept), key=lambda j: cosine[k][j])].append(k)
    return kept


def mean(values):
    return sum(values) / len(values) if values else 0.0
