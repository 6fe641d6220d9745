"""All that the page shows, as JSON: users, items, and what each model finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bam.records import PAD
from bam.serving.explore.categories import category_names
from bam.serving.explore.pack import pack_days, pack_radius, pack_real, pack_whole
from bam.serving.explore.people import People
from bam.serving.explore.projection import Projection
from bam.serving.explore.view import View
from bam.serving.items import Items


@dataclass(frozen=True)
class Model:
    """A model of the page."""

    name: str
    memory: str  # its name
    dim: int
    history_length: int
    projection: Projection
    places: Float[Tensor, "V1 P"]  # of all items on the map
    view: View
    rank: Int[Tensor, "U T"]  # of each target, as the evaluation ranks it; 0: no target
    winner: Int[Tensor, "U T"]  # the interest that scores it highest


def content(
    data: str, items: Items, people: People, models: Sequence[Model], limit: int, n: int
) -> dict[str, Any]:
    """The page's data; it has the `limit` most popular items and all that are shown.

    On the page item i is the i-th of its items, most popular first; their number means no item.
    """
    L = max(model.history_length for model in models)
    read = [history.items[-L:] for history in people.histories]
    target = people.target
    item = _choose_items(items, [*read, target, *_lists(models)], limit)
    place = torch.full((len(items.count),), len(item))
    place[item] = torch.arange(len(item))
    has_days = any(map(len, people.days))
    return {
        "data": data,
        "catalogue": len(items.count) - 1,
        "length": n,
        "users": [history.user for history in people.histories],
        "history": {
            "offset": pack_whole(_offsets(read)),
            "item": pack_whole(place[torch.cat(read)]),
            "day": pack_days(torch.cat([day[-L:] for day in people.days])) if has_days else None,
            "total": pack_whole(torch.tensor([len(one.items) for one in people.histories])),
        },
        "target": {
            "width": target.shape[1],
            "item": pack_whole(place[target]),
            "total": pack_whole((people.target != PAD).sum(1)),
        },
        "items": _items(items, item),
        "models": [_model(model, place, item, read) for model in models],
    }


def _lists(models: Sequence[Model]) -> list[Tensor]:
    return [lists for model in models for lists in _lists_of(model.view)]


def _lists_of(view: View) -> tuple[Tensor, ...]:
    return view.top, view.merged, view.remembered


def _choose_items(items: Items, shown: Sequence[Tensor], limit: int) -> Int[Tensor, " M"]:
    """The most popular items and those that are shown, most popular first."""
    chosen = torch.zeros(len(items.count), dtype=torch.bool)
    chosen[items.popular[:limit]] = True
    for one in shown:
        chosen[one.flatten()] = True
    chosen[PAD] = False
    return items.popular[chosen[items.popular]]


def _items(items: Items, item: Int[Tensor, " M"]) -> dict[str, Any]:
    frame, owned = items.frame[item.numpy()], items.genres[item]
    return {
        "id": frame["id"].to_list(),
        "title": frame["title"].to_list() if (items.frame["title"] != "").any() else None,
        "count": pack_whole(items.count[item]),
        "categories": category_names(items.frame["genres"]),
        "share": pack_real(items.genres[1:].double().mean(0)),  # of all items, for each category
        "offset": pack_whole(_offsets(owned.sum(1))),
        "category": pack_whole(owned.nonzero()[:, 1]),
    }


def _model(model: Model, place: Tensor, item: Tensor, read: Sequence[Tensor]) -> dict[str, Any]:
    view = model.view
    lengths = [min(len(one), model.history_length) for one in read]
    feeds = [share[:, :width].flatten() for share, width in zip(view.feeds, lengths, strict=True)]
    K = view.weight.shape[1]
    return {
        "name": model.name,
        "interests": K,
        "dim": model.dim,
        "reads": model.history_length,
        "axes": len(model.projection.share),
        "axis_share": model.projection.share.tolist(),
        "axis_popularity": model.projection.popularity.tolist(),
        "item_place": pack_real(model.places[item]),
        "place": pack_real(view.place),
        "weight": pack_real(view.weight),
        "top_width": view.top.shape[2],
        "top": pack_whole(place[view.top]),
        "merged_width": view.merged.shape[1],
        "merged": pack_whole(place[view.merged]),
        "brought": pack_whole(view.brought.clamp(min=0)),
        "memory": model.memory if (view.remembered != PAD).any() else None,
        "remembered_width": view.remembered.shape[1],
        "remembered": pack_whole(place[view.remembered]),
        "feed_offset": pack_whole(_offsets(torch.tensor(lengths) * K)),
        "feed": pack_radius(torch.cat(feeds)),
        "rank": pack_whole(model.rank),
        "winner": pack_whole(model.winner),
        "purity": pack_real(view.purity),
        "coverage": pack_real(view.coverage),
        "merged_purity": pack_real(view.merged_purity),
        "merged_coverage": pack_real(view.merged_coverage),
        "joint_coverage": pack_real(view.joint_coverage),
        "distinct": pack_real(view.distinct),
        "cosine": pack_real(view.cosine),
    }


def _offsets(parts: Sequence[Tensor] | Tensor) -> Int[Tensor, " N1"]:
    """Where each part begins in their concatenation, and its end; of parts, or of their lengths."""
    lengths = parts if isinstance(parts, Tensor) else torch.tensor([len(part) for part in parts])
    return torch.nn.functional.pad(lengths.cumsum(0), (1, 0))
