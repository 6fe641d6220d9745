"""Ward's clustering of many small sets at once (Ward, 1963; Lance and Williams, 1967)."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@torch.no_grad()
def ward(
    points: Float[Tensor, "B L D"], real: Bool[Tensor, "B L"], most: int
) -> Int[Tensor, "B L"]:
    """The cluster of each point, of at most `most`: the place of its first point.

    Again and again the two clusters are joined whose union adds least to the sum of squared
    distances from the points to the mean of their cluster. Twice what it adds is
    d(i + j, k) = ((n_i + n_k) d(i, k) + (n_j + n_k) d(j, k) - n_k d(i, j)) / (n_i + n_j + n_k), of
    sizes n, and at first the squared distance. Of equals the first is taken.
    """
    L, device = points.shape[1], points.device
    same = torch.eye(L, dtype=torch.bool, device=device)
    apart = real[:, :, None] & real[:, None] & ~same
    distance = squared_distances(points, points).masked_fill(~apart, torch.inf)
    size, count = real.to(points.dtype), real.sum(1)
    cluster = torch.arange(L, device=device).repeat(points.shape[0], 1)
    for left in range(L, most, -1):
        _join(count >= left, distance, size, cluster)  # the rows that still have `left` clusters
    return cluster


def squared_distances(
    x: Float[Tensor, "B M D"], y: Float[Tensor, "B N D"]
) -> Float[Tensor, "B M N"]:
    """|x - y|^2 of each pair, from norms and products."""
    squares = x.square().sum(2)[:, :, None] + y.square().sum(2)[:, None]
    return (squares - 2 * x @ y.mT).clamp(min=0)


def _join(
    joins: Bool[Tensor, " B"],
    distance: Float[Tensor, "B L L"],
    size: Float[Tensor, "B L"],
    cluster: Int[Tensor, "B L"],
) -> None:
    """Join the nearest two clusters of these rows, in place; the first takes the second.

    The other rows stay, and are computed too: so an export has no shape that depends on data.
    """
    row, L = torch.arange(joins.shape[0], device=joins.device), distance.shape[1]
    nearest = distance.flatten(1).min(1).indices
    i, j = nearest // L, nearest % L
    i, j = torch.minimum(i, j), torch.maximum(i, j)  # products of a pair may round differently
    n_i, n_j = size[row, i, None], size[row, j, None]
    of_i, of_j, between = distance[row, i], distance[row, j], distance[row, i, j, None]
    joined = ((n_i + size) * of_i + (n_j + size) * of_j - size * between) / (n_i + n_j + size)
    some = joins[:, None]
    distance[row, i] = distance[row, :, i] = torch.where(some, joined, of_i)
    gone = torch.where(some, torch.inf, distance[row, j])
    distance[row, j] = distance[row, :, j] = gone
    size[row, i] += torch.where(joins, n_j[:, 0], 0)
    cluster.copy_(torch.where(some & (cluster == j[:, None]), i[:, None], cluster))
