"""Items and users by a part of their names: what the page shows while somebody types."""

import polars as pl

from bam.serving.histories import Users
from bam.serving.items import Items
from bam.serving.server import messages
from bam.serving.server.answer import describe


def find_items(items: Items, text: str, n: int) -> messages.Found:
    """The n items with most interactions whose title has the text, or whose id is the text."""
    title = pl.col("title").str.to_lowercase().str.contains(text.lower(), literal=True)
    is_found = items.frame.select(title | (pl.col("id") == text)).to_series().to_torch()
    best = items.popular[is_found[items.popular]][:n]
    return {"items": describe(items, best.tolist())}


def find_users(users: Users, text: str, n: int) -> messages.FoundUsers:
    """The first n users whose id begins with the text."""
    return {"users": users.ids.filter(users.ids.str.starts_with(text)).head(n).to_list()}
