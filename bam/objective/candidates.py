"""The scores of the negatives, and what corrects them."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bam.errors import Mistake
from bam.objective.answers import joint_scores
from bam.records import Answer, Batch, Candidates

MASKED = -1e9  # finite: a row whose every negative is its target costs 0 and not NaN


def target_scores(answers: Sequence[Answer], candidates: Candidates) -> list[Float[Tensor, "B G"]]:
    """The joint score that each group gives to the target of its row."""
    return [scores[..., 0] for scores in joint_scores(answers, candidates.target[:, None])]


def negative_scores(
    answers: Sequence[Answer], candidates: Candidates
) -> list[Float[Tensor, "B G S"]]:
    """The joint score that each group gives to each negative, with the logQ correction.

    Raises:
        Mistake: there are no negatives.
    """
    require_negatives(candidates)
    correction = log_q_correction(candidates)[:, None]
    return [scores + correction for scores in joint_scores(answers, candidates.negatives)]


def log_q_correction(candidates: Candidates) -> Float[Tensor, "B S"]:
    """The term to add to the scores of the negatives, and to theirs alone.

    -log V q_j, for negatives that were not drawn uniformly (Bengio, Senecal, IEEE TNN 2008; Yi et
    al., RecSys 2019); MASKED where the negative is the target of the row.
    """
    return torch.where(candidates.accidental_hit, MASKED, -candidates.log_q)


def accidental_hits(ids: Int[Tensor, "R S"], batch: Batch) -> Bool[Tensor, "B S"]:
    """Where a negative is the target of the row, or another target of its set."""
    columns = batch.target[None] if batch.target_set is None else batch.target_set.T
    hits = [ids == column[:, None] for column in columns]
    return torch.stack(hits).any(0) if len(hits) > 1 else hits[0]


def require_negatives(candidates: Candidates) -> None:
    """Refuse a batch without negatives.

    Raises:
        Mistake: there are none.
    """
    if candidates.accidental_hit.shape[1] == 0:
        raise Mistake("negatives must be such as shared: this likelihood needs negatives, got none")


def smooth_labels(
    nll: Float[Tensor, "B G"],
    positive: Float[Tensor, "B G"],
    mean: Float[Tensor, "B G"],
    share: float,
) -> Float[Tensor, "B G"]:
    """-(1 - share) log p_target - share * mean_i log p_i, with `mean` = mean_i s_i.

    So the label of the target is 1 - share, and all candidates share the rest equally (Szegedy et
    al., CVPR 2016, section 7).
    """
    return nll + share * (positive - mean)
