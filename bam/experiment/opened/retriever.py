"""From the parts of a run to what answers: its model, its items and its users."""

import torch

from bam.data.dataset.build.store import read_user_ids
from bam.errors import require
from bam.evaluation.users import users_of
from bam.experiment.parts.assemble import Parts
from bam.serving.answers import USERS
from bam.serving.histories import Users
from bam.serving.items import read_items
from bam.serving.retriever import Retriever
from bam.serving.search import Exact

UNTIL = ("now", "valid", "test")  # where the histories of the users end


def build_retriever(parts: Parts, until: str) -> Retriever:
    """The run's model; its users with all that they have met, or what came before their targets.

    Raises:
        Mistake: until is none of UNTIL.
    """
    require(until in UNTIL, f"until must be {', '.join(UNTIL)}", until)
    model, interactions = parts.step.model, parts.interactions
    with torch.no_grad():
        table = model.table().detach()
    return Retriever(
        data=interactions.name,
        encoder=model,
        pool=model.aggregation.pool,
        memory=parts.memory,
        table=table,
        search=Exact.of(table, USERS * parts.settings.num_interests),
        items=read_items(interactions.folder, parts.facts.counts()),
        users=_users(parts, until),
        history_length=parts.settings.history_length,
        without_times=model.without_times,
    )


def _users(parts: Parts, until: str) -> Users:
    interactions = parts.interactions
    ids, items, times = read_user_ids(interactions.folder), interactions.items, interactions.times
    if until == "now":
        return Users(ids, items, interactions.offsets[:-1], interactions.offsets[1:], times)
    spans = getattr(parts.split, until)
    known = ids.gather(users_of(interactions, spans).numpy())
    return Users(known, items, spans.start, spans.cut, times)
