"""Each test user's value of a metric, as a finished run keeps it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from bam.errors import Mistake
from bam.evaluation.metric.mrr import MRR
from bam.evaluation.metric.ndcg import NDCG
from bam.evaluation.metric.recall import Recall
from bam.evaluation.outcome import Outcome, measure
from bam.evaluation.users import REMEDY, read_users
from bam.run.files import RANKS, USERS
from bam.system.checksums import verify


def user_values(folder: Path, metric: str) -> Float[Tensor, " U"]:
    """Each user's value; of a run of version 0.1, which kept ranks alone, it is computed again.

    Raises:
        Mistake: the metric has no value for each user, or the run has not kept it.
    """
    values = read_users(folder / USERS, metric)
    if values is None:
        values = _from_ranks(folder / RANKS, metric)
    if values is None:
        raise Mistake(
            f"metric must have a value for each user to be compared with a baseline, got "
            f"{metric!r}; {folder} has only one number for all users"
        )
    return values


def _from_ranks(path: Path, metric: str) -> Float[Tensor, " U"] | None:
    if not path.exists():
        raise Mistake(f"{path}: no such file; a comparison needs the ranks of each user")
    verify(path, REMEDY)
    try:
        ranks = torch.from_numpy(np.load(path)).long()
    except (ValueError, EOFError, TypeError) as error:
        raise Mistake(f"{path}: no whole array ({error}); {REMEDY}") from error
    cutoff = metric.partition("@")[2]
    cutoffs = [int(cutoff)] if cutoff.isdecimal() else [1]
    outcome = replace(Outcome.smallest(), ranks=ranks, lists=ranks[:, :0])
    measured = measure([Recall(cutoffs), NDCG(cutoffs), MRR()], outcome)
    values = {one.name: one.value for one in measured if isinstance(one.value, Tensor)}
    return values.get(metric)
