"""Indexes that are wrong on purpose."""

import torch

from bam.serving.faiss import load_faiss


def flat(vectors):
    index = load_faiss().IndexFlatIP(vectors.shape[1])
    index.add(vectors.numpy())
    return index


class Nearest:
    """The nearest items by distance, which are not those with the largest products."""

    def __call__(self, vectors):
        index = load_faiss().IndexFlatL2(vectors.shape[1])
        index.add(vectors.numpy())
        return index


class Twice:
    """Every item is in it twice."""

    def __call__(self, vectors):
        return flat(torch.cat([vectors, vectors])) if len(vectors) == 300 else flat(vectors)


class Large:
    """Clusters, also where there are fewer items than clusters: the probed one is all but empty."""

    def __call__(self, vectors):
        faiss, (V, D) = load_faiss(), vectors.shape
        if V > 3:
            return flat(vectors)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(D), D, V, faiss.METRIC_INNER_PRODUCT)
        index.train(vectors.numpy())
        index.add(vectors.numpy())
        return index


class Forgets:
    """What a search does beside the file is kept in memory alone: the queries are turned."""

    def __call__(self, vectors):
        index = flat(vectors)
        index.search = lambda queries, n: flat(-vectors).search(queries, n)
        return index if len(vectors) == 300 else flat(vectors)


class Drawn:
    """Some items are left out at random."""

    def __call__(self, vectors):
        if len(vectors) == 300:
            vectors = vectors.masked_fill(torch.rand(len(vectors), 1) < 0.5, 0.0)
        return flat(vectors)


REFUSED = {
    Nearest: {"check_it_finds_the_items_with_the_largest_products"},
    Twice: {"check_it_holds_each_item_once"},
    Large: {"check_a_catalogue_of_any_size_has_an_index"},
    Forgets: {"check_a_file_keeps_it"},
    Drawn: {"check_the_same_items_have_the_same_index"},
}
