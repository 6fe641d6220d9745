"""The best of an item's scores (Cen et al., KDD 2020): one query an interest, then one sorting."""

from bam.serving.found import Found, Merged, merge_by


class Maximum:
    """score(i) = max_k <m_k, e_i> + log_weight_k; the n best items of each interest are enough."""

    def __call__(self, found: Found, n: int) -> Merged:
        """The n best items."""
        lists = found.each(n)
        return merge_by(lists.score, lists, n)
