"""What a board compares: methods, on these data sets, under these protocols."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DATASETS = (
    "ml100k",
    "ml1m",
    "beauty_s3rec",
    "sports_s3rec",
    "movies_heavy",
    "electronics_heavy",
    "yelp_s3rec",
)
# what a method has above these is shown: the classic of several interests, and its K = 1
BASELINES = {"comirec_sa": "ComiRec-SA", "comirec_sa_k1": "K = 1"}
SEEDS = "2021,2022,2023"


@dataclass(frozen=True)
class Protocol:
    """Who is tested, and how a list is judged: `evaluation=NAME`."""

    name: str
    title: str
    users: str  # in words
    split: str  # its class in a run's config
    ranking: str  # likewise
    shown: tuple[str, ...]  # columns of the tables
    compared: tuple[str, ...]  # of each user, and so with intervals; the first one ranks

    @property
    def ranks(self) -> str:
        """The metric that orders the methods."""
        return self.compared[0]

    def measured(self, config: Mapping[str, Any]) -> bool:
        """Whether a run with this flat config was tested so."""
        names = {"split._target_": self.split, "evaluation.protocol._target_": self.ranking}
        return all(str(config.get(key)).endswith(f".{name}") for key, name in names.items())


PROTOCOLS = (
    Protocol(
        "clean",
        "Leave-one-out",
        "the last item of every user, ranked among all items that the user has not met",
        "LeaveOneOut",
        "Clean",
        ("recall@10", "ndcg@10", "recall@20", "coverage@10"),
        ("ndcg@10", "recall@10"),
    ),
    Protocol(
        "comirec",
        "Unseen users",
        "the last fifth of the items of a tenth of the users, who are in no training; all items "
        "are ranked, as in ComiRec's paper",
        "UnseenUsers",
        "Repeats",
        ("recall@20", "ndcg@20", "recall@50", "coverage@20"),
        ("ndcg@20", "recall@20"),
    ),
)


@dataclass(frozen=True)
class Method:
    """A method that the board has a row for, run or not."""

    name: str  # experiment=NAME
    title: str
    has_card: bool  # in docs/methods.md
    data: tuple[str, ...]  # the data sets of the board that have what it needs
    steps: Mapping[str, int]  # at most, by data set, where that decides it
