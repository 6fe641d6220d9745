"""Every option of conf/index."""

import pytest
import torch

from bam.config.compose import compose_with_hydra
from bam.config.instantiate import component
from bam.config.resolve import resolve
from bam.errors import Mistake
from bam.serving.faiss import load_faiss
from bam.serving.index.hnsw import Hnsw
from bam.serving.index.ivf import Ivf
from bam.serving.reduction import lengthen
from tests.broken.index import REFUSED
from tests.conftest import options
from tests.contracts import checks, refusing
from tests.contracts import index as contract


@pytest.fixture(params=options("index"))
def index(request):
    return component(load(f"index={request.param}"), "index")


def load(*overrides):
    return resolve(compose_with_hydra(overrides, "export"))["index"]


@pytest.mark.parametrize("check", checks(contract))
def test_every_index_keeps_the_contract(index, check):
    check(index)


@pytest.mark.parametrize(("broken", "rules"), REFUSED.items())
def test_a_broken_index_is_refused_by_the_rule_it_breaks_alone(broken, rules):
    assert refusing(contract, broken) == rules


def test_lengthened_vectors_have_one_length_and_the_nearest_has_the_largest_product():
    items, query = torch.tensor([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]]), torch.tensor([[1.0, 1.0]])
    long = lengthen(items)
    assert long.norm(dim=1).tolist() == pytest.approx([5.0, 5.0, 5.0])
    distance = torch.cdist(torch.tensor([[1.0, 1.0, 0.0]]), long)[0]
    assert distance.argsort().tolist() == (-(query @ items.T))[0].argsort().tolist()


@pytest.mark.parametrize(("V", "nlist", "nprobe"), [(100, 2, 2), (10_000, 256, 30)])
def test_clusters_grow_with_the_root_of_the_catalogue(V, nlist, nprobe):
    index = Ivf(0, 0, 39)(torch.randn(V, 4))
    found = load_faiss().downcast_index(index.index)
    assert (found.nlist, found.nprobe) == (nlist, nprobe)


@pytest.mark.parametrize(
    ("wrong", "option"),
    [(lambda: Ivf(-1, 0, 64), "nlist"), (lambda: Ivf(0, -1, 64), "nprobe"),
     (lambda: Ivf(0, 0, 5), "points"), (lambda: Hnsw(1, 9, 9), "M"),
     (lambda: Hnsw(8, 0, 9), "efConstruction"), (lambda: Hnsw(8, 9, 0), "efSearch")],
)  # fmt: skip
def test_an_impossible_option_is_refused(wrong, option):
    with pytest.raises(Mistake, match=f"{option} must be at least"):
        wrong()
