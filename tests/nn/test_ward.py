"""Ward's clustering of several sets at once."""

import torch
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import ward as of_scipy

from bam.nn.ward import ward


def parts(numbers):
    """A partition as sets of places."""
    return {frozenset((numbers == one).nonzero()[:, 0].tolist()) for one in numbers.unique()}


def test_clusters_are_those_of_scipy():
    points, length = torch.randn(40, 12, 4), torch.randint(3, 13, (40,))
    found = ward(points, torch.arange(12) < length[:, None], 3)
    for row, kept in enumerate(length.tolist()):
        whole = of_scipy(points[row, :kept].double().numpy())
        expected = torch.from_numpy(fcluster(whole, 3, "maxclust"))
        assert parts(found[row, :kept]) == parts(expected)


def test_a_cluster_is_named_by_its_first_point():
    points = torch.tensor([[[5.0], [0.0], [5.1], [0.2], [9.0]]])
    assert ward(points, torch.ones(1, 5, dtype=torch.bool), 3).tolist() == [[0, 1, 0, 1, 4]]


def test_no_more_points_than_clusters_stay_alone():
    real = torch.tensor([[True, True, False], [True, False, False]])
    assert ward(torch.randn(2, 3, 4), real, 2).tolist() == [[0, 1, 2], [0, 1, 2]]


def test_equal_points_are_joined_first():
    points = torch.tensor([[[1.0], [2.0], [1.0], [4.0]]])
    assert ward(points, torch.ones(1, 4, dtype=torch.bool), 3).tolist() == [[0, 1, 0, 3]]
