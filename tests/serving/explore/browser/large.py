"""The page of a data set as large as a page may be: random numbers, the usual sizes."""

import polars as pl
import torch

from bam.serving.explore.content import Model, content
from bam.serving.explore.page import page
from bam.serving.explore.people import People
from bam.serving.explore.projection import fit_projection
from bam.serving.explore.view import View
from bam.serving.histories import History
from bam.serving.items import Items

USERS, ITEMS, K, L, N, D = 1000, 10_000, 8, 50, 10, 64


def write_large(path):
    """1,000 users, 10,000 items, 8 interests, histories of 50 items."""
    draw = torch.Generator().manual_seed(0)
    frame = pl.DataFrame(
        {
            "id": ["", *map(str, range(1, ITEMS + 1))],
            "title": ["", *(f"The title of number {i}" for i in range(1, ITEMS + 1))],
            "genres": ["", *(f"genre {i % 18}|genre {i % 7}" for i in range(1, ITEMS + 1))],
        }
    )
    items = Items(frame, torch.randint(0, 500, (ITEMS + 1,), generator=draw))
    table = torch.randn(ITEMS + 1, D, generator=draw)
    projection = fit_projection(table, items.count)

    def some(*shape):
        return torch.randint(1, ITEMS + 1, shape, generator=draw)

    def share(*shape):
        return torch.rand(shape, generator=draw)

    view = View(
        weight=share(USERS, K).softmax(1),
        place=projection(torch.randn(USERS, K, D, generator=draw)),
        top=some(USERS, K, N),
        merged=some(USERS, N),
        brought=torch.randint(0, K, (USERS, N), generator=draw),
        feeds=share(USERS, K, L),
        purity=share(USERS, K),
        coverage=share(USERS, K),
        merged_purity=share(USERS),
        merged_coverage=share(USERS),
        joint_coverage=share(USERS),
        distinct=share(USERS),
        cosine=share(USERS),
    )
    model = Model(
        name="selection=p",
        dim=D,
        history_length=L,
        projection=projection,
        places=projection(table),
        view=view,
        rank=some(USERS, 1),
        winner=torch.randint(0, K, (USERS, 1), generator=draw),
    )
    people = People(
        histories=[History(str(user), some(L), (), some(0)) for user in range(USERS)],
        days=[torch.arange(L) for _ in range(USERS)],
        target=some(USERS, 1),
    )
    path.write_text(page("large", content("large", items, people, [model], ITEMS, N)), "utf-8")
    return path
