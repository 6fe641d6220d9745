"""How an interest is made of the items of a history, for the terms that look at it."""

from jaxtyping import Bool, Float
from torch import Tensor

from bam.errors import Mistake
from bam.records import Prediction


def routing(prediction: Prediction, term: str) -> Float[Tensor, "B K L"]:
    """The routing of each interest, for the regularisation of this name.

    Raises:
        Mistake: the backbone does not share out the history.
    """
    shares = prediction.interests.routing.float()
    if shares.shape[-1] == 0:
        raise Mistake(
            f"regularisation={term} needs a backbone that shares out the history: "
            "comirec_sa, comirec_dr, mind, remi, sine, global_interests, octopus, pimi; and "
            "one target a history: sampling=one_position"
        )
    return shares


def item_weights(prediction: Prediction, term: str) -> Float[Tensor, "B K L"]:
    """a_kt: the routing, scaled so that the weights of the items sum to 1 for each interest.

    Raises:
        Mistake: the backbone does not share out the history, or a history has several targets.
    """
    shares = routing(prediction, term)
    if len(shares) != len(prediction.histories.real):
        rule = "one target a history: sampling=one_position"
        raise Mistake(f"regularisation={term} needs {rule}")
    return shares / shares.sum(2, keepdim=True).clamp(min=1e-30)


def positives(weights: Float[Tensor, "B K L"], real: Bool[Tensor, "B L"]) -> Bool[Tensor, "B K L"]:
    """The items of each interest: those that weigh more than the mean, 1 / length (Re4)."""
    return weights * real.sum(1)[:, None, None] > 1


def mean_over_positives(
    values: Float[Tensor, "B K L"], positive: Bool[Tensor, "B K L"]
) -> Float[Tensor, ""]:
    """Mean over rows and interests of the mean over an interest's items; 0 where it has none."""
    return ((values * positive).sum(2) / positive.sum(2).clamp(min=1)).mean()
