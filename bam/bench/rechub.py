"""ComiRec-SA and SASRec of torch-rechub, through its public classes: what a peer measures.

Both are as torch-rechub has them, so they differ from ours.
ComiRec-SA: items and interests have length 1, one map follows the interests, there are no
positions; the interest with the highest score is trained by a softmax over the target and the
negatives of its row. Each row has S negatives of its own, which were drawn before training. The
model needs a feature of the user; here it has one value for all users.
SASRec: the residual of attention is the normed state, and dropout is on attention too; each place
of a window, padding too, is compared with one negative (BPR), where ours has S or all items. The
pairs of its trainer are rows of one score each, so that a hook makes all places rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import normalize

from bam.records import PAD

Rows = dict[str, np.ndarray]  # inputs of a model by the name of the feature, one row a sample


@dataclass(frozen=True)
class ComiRec:
    """Sizes of a ComiRec-SA."""

    dim: int
    num_interests: int
    history_length: int
    num_negatives: int
    mode = 2  # of its trainer: a list of negatives

    def build(self, num_items: int) -> nn.Module:
        """The model for items 1..num_items."""
        from torch_rechub.basic.features import SequenceFeature, SparseFeature
        from torch_rechub.models.matching import ComirecSA

        sizes = {"vocab_size": num_items + 1, "embed_dim": self.dim}
        shared = {**sizes, "pooling": "concat", "shared_with": "item"}
        model: nn.Module = ComirecSA(
            user_features=[SparseFeature("user", vocab_size=1, embed_dim=self.dim)],
            history_features=[SequenceFeature("history", **shared)],
            item_features=[SparseFeature("item", **sizes)],
            neg_item_feature=[SequenceFeature("negatives", **shared)],
            interest_num=self.num_interests,
        )
        return model

    def training_rows(self, users: list[list[int]], num_items: int, count: int) -> Rows:
        """Samples: one of the positions before a user's last two items."""
        picked = [users[i] for i in np.random.randint(len(users), size=count)]
        places = [np.random.randint(1, len(user) - 2) for user in picked]
        before = [user[:place] for user, place in zip(picked, places, strict=True)]
        target = [user[place] for user, place in zip(picked, places, strict=True)]
        shape = (count, self.num_negatives)
        negatives = np.random.randint(1, num_items + 1, size=shape)
        return {**self.testing_rows(before), "item": np.array(target), "negatives": negatives}

    def testing_rows(self, histories: list[list[int]]) -> Rows:
        """What makes the interests of each history."""
        user = np.zeros(len(histories), dtype=np.int64)
        return {"user": user, "history": padded(histories, self.history_length)}

    def samples(self, rows: Rows) -> int:
        """How many targets the rows train."""
        return len(rows["item"])

    def items(self, model: Any) -> Float[Tensor, "V1 D"]:
        """The vectors of all items, and of padding."""
        return normalize(model.embedding.embed_dict["item"].weight.detach(), dim=1)


@dataclass(frozen=True)
class SASRec:
    """Sizes of a SASRec."""

    dim: int
    history_length: int
    blocks: int
    heads: int
    dropout: float
    mode = 1  # of its trainer: pairs of a target and a negative

    def build(self, num_items: int) -> nn.Module:
        """The model for items 1..num_items."""
        from torch_rechub.basic.features import SequenceFeature
        from torch_rechub.models.matching import SASRec as TheirSASRec

        sizes = {"vocab_size": num_items + 1, "embed_dim": self.dim, "pooling": "concat"}
        shared = [SequenceFeature(name, shared_with="seq", **sizes) for name in ("pos", "neg")]
        model: nn.Module = TheirSASRec(
            [SequenceFeature("seq", **sizes), *shared],
            max_len=self.history_length,
            dropout_rate=self.dropout,
            num_blocks=self.blocks,
            num_heads=self.heads,
        )
        model.register_forward_hook(_places_as_rows)
        return model

    def training_rows(self, users: list[list[int]], num_items: int, count: int) -> Rows:
        """The last windows of users before their last two items."""
        picked = [users[i][:-2] for i in np.random.randint(len(users), size=count)]
        negatives = np.random.randint(1, num_items + 1, size=(count, self.history_length))
        target = padded([user[1:] for user in picked], self.history_length)
        return {
            **self.testing_rows([user[:-1] for user in picked]),
            "pos": target,
            "neg": negatives,
        }

    def testing_rows(self, histories: list[list[int]]) -> Rows:
        """What makes the state after each history."""
        return {"seq": padded(histories, self.history_length)}

    def samples(self, rows: Rows) -> int:
        """How many targets the rows train."""
        return int((rows["pos"] != PAD).sum())

    def items(self, model: Any) -> Float[Tensor, "V1 D"]:
        """The vectors of all items, and of padding."""
        weight: Tensor = model.item_emb.embed_dict["seq"].weight
        return weight.detach()


def _places_as_rows(model: nn.Module, inputs: Any, found: Any) -> Any:
    """The scores of targets and negatives [B L] as rows [B * L]; in a test, the states."""
    return tuple(scores.flatten() for scores in found) if isinstance(found, tuple) else found


def padded(histories: list[list[int]], length: int) -> np.ndarray:
    """The last `length` items of each history, padded at the end; int64."""
    found = np.full((len(histories), length), PAD, dtype=np.int64)
    for row, history in zip(found, histories, strict=True):
        latest = history[-length:]
        row[: len(latest)] = latest
    return found
