"""The list by which the evaluation ranks: the K scores of an item become one by the aggregation."""

from bam.serving.found import Found, Merged


class Score:
    """score(i) = pool over k of <m_k, e_i> + log_weight_k, over all items."""

    def __call__(self, found: Found, n: int) -> Merged:
        """The n best items; each is brought by the interest that scores it highest."""
        top = found.pooled(n)
        return Merged(top.item, top.score, top.score, found.winner(top.item))
