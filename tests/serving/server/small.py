"""A server of a small model that is made without training, and folders that hold such models."""

import json
from functools import partial

import polars as pl
import torch

from bam.model.aggregation.maximum import Maximum
from bam.model.blend import Blend
from bam.model.blending.logarithmic import Logarithmic
from bam.model.memory.none import NoMemory
from bam.records import PAD, Interests, Mixture
from bam.serving.export.files import MANIFEST as FILE
from bam.serving.histories import Users
from bam.serving.items import Items
from bam.serving.merge.score import Score
from bam.serving.reranking.none import Unchanged
from bam.serving.retriever import Choices, Retriever
from bam.serving.search import Exact
from bam.serving.server.answer import check
from bam.serving.server.app import build_app
from bam.serving.server.figures import Figures
from bam.serving.server.limits import Limits
from bam.serving.server.live import Live, Source
from bam.serving.server.service import Service
from bam.serving.server.workers import Workers
from bam.serving.weighting.equal import Equal

K = 3
LIMITS = Limits(
    body=20_000, users=4, history=30, n=10, letters=20, waiting=50, connections=100, seconds=5.0
)
CHOICES = Choices(Score(), Equal(), Unchanged(), max_cosine=1.0, exclude_seen=True)
# ids with all that may be in one
ODD = {
    1: "007",
    2: "1e5",
    3: "true",
    4: "a/b",
    5: "ü ?&#",
    6: "<b>",
    7: '"',
    8: "..",
    9: ".",
    10: "a\nb",
}


def retriever(name="small", seed=0, num_items=40, num_users=6, dim=8, history=10):
    """An untrained model; an item's id is its number, but for those of ODD."""
    random = torch.Generator().manual_seed(seed)
    table = torch.randn(num_items + 1, dim, generator=random)
    query = torch.randn(K, dim, generator=random)
    table[PAD] = 0
    numbers = range(1, num_items + 1)
    frame = pl.DataFrame(
        {
            "id": ["", *(ODD.get(number, str(number)) for number in numbers)],
            "title": ["", *(f"Title {name} <{number}>" for number in numbers)],
            "genres": ["", *(("Drama", "Comedy|Drama", "")[number % 3] for number in numbers)],
        }
    )
    items = torch.arange(num_users * 5) % num_items + 1
    start = torch.arange(num_users) * 5
    return Retriever(
        data=name,
        encoder=partial(encode, table, query),
        pool=Maximum().pool,
        memory=Blend(NoMemory(num_items, lambda: (items, items)), Logarithmic(num_items, 1.0)),
        table=table,
        search=Exact.of(table, 256),
        items=Items(frame, torch.arange(num_items + 1).flip(0)),
        users=Users(
            pl.Series([f"u{i}" for i in range(num_users)]), items, start, start + 5, items[:0]
        ),
        history_length=history,
    )


def encode(table, query, history, times):
    """Interests [B K D]: for each of K queries, the items of the history that are near to it."""
    met = table[history]
    scores = torch.einsum("kd, bld -> bkl", query, met)
    routing = scores.masked_fill((history == PAD)[:, None], -torch.inf).softmax(2)
    vectors = routing @ met
    return Mixture.equal(Interests(vectors, routing, vectors[:, 0]))


def open_small(folder, **sizes):
    """The model of a folder that `write` wrote."""
    return retriever(**json.loads((folder / FILE).read_text()), **sizes)


def write(folder, name, seed=0):
    """A folder of a model; one that is there is replaced as an export is: by renaming."""
    new, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old.{name}")
    new.mkdir()
    (new / FILE).write_text(json.dumps({"name": name, "seed": seed}))
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    return folder


def service(folder, load=open_small, limits=LIMITS, threads=2):
    """What the server of a folder shares."""
    return Service(
        live=Live(Source(folder, FILE, load), partial(check, choices=CHOICES)),
        workers=Workers(threads, limits.waiting, limits.seconds),
        figures=Figures(),
        limits=limits,
        choices=CHOICES,
        names={"merge": "score", "max_cosine": 1.0},
        n=5,
    )


def app(folder, hosts=(), **options):
    """The server of a folder."""
    return build_app(service(folder, **options), hosts)
