"""What every index must do. A part builds a FAISS index of vectors [V D]."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from bam.serving.faiss import load_faiss

D = 8


def clustered(V):
    """Vectors around a few centres, of unequal lengths, as trained ones are; and queries."""
    random = torch.Generator().manual_seed(0)
    centres = torch.randn(8, D, generator=random)
    place = torch.randint(8, (V + 40,), generator=random)
    every = centres[place] + 0.3 * torch.randn(V + 40, D, generator=random)
    every *= 1 + torch.rand(V + 40, 1, generator=random)
    return every[:V].contiguous(), every[V:].contiguous()


def search(index, queries, n):
    return index.search(queries.numpy(), n)[1]


def check_it_finds_the_items_with_the_largest_products(build):
    items, queries = clustered(2000)
    found = search(build(items), queries, 10)
    true = (queries @ items.T).topk(10).indices.numpy()
    recall = np.mean([len({*one} & {*other}) / 10 for one, other in zip(found, true, strict=True)])
    assert recall >= 0.95


def check_it_holds_each_item_once(build):
    items, queries = clustered(300)
    index = build(items)
    assert (index.ntotal, index.d) == (300, D)
    for row in search(index, queries, 50):
        found = row[row >= 0]
        assert len({*found}) == len(found) and all(0 <= one < 300 for one in found)


def check_a_catalogue_of_any_size_has_an_index(build):
    for V in (1, 2, 3, 50):
        items, queries = clustered(V)
        assert {*search(build(items), queries[:1], V)[0]} == {*range(V)}


def check_a_file_keeps_it(build):
    items, queries = clustered(300)
    index, faiss = build(items), load_faiss()
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "index")
        faiss.write_index(index, path)
        again = faiss.read_index(path)
    assert np.array_equal(search(index, queries, 10), search(again, queries, 10))


def check_the_same_items_have_the_same_index(build):
    items, queries = clustered(300)
    one, other = (search(build(items.clone()), queries, 10) for _ in range(2))
    assert np.array_equal(one, other)
