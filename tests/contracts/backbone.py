"""What every backbone must do in evaluation; a check takes the backbone and its width D.

The rules of a causal backbone hold for those that have `at`.
"""

import torch

from bam.data.sampling.all_positions import Causal
from bam.nn.causal import last_place

L = 5


def check_padding_has_no_effect(backbone, dim):
    items, real = histories((2, 5, 1), dim)
    noisy = torch.where(real[..., None], items, torch.randn_like(items))
    torch.testing.assert_close(backbone(noisy, real).vectors, backbone(items, real).vectors)


def check_a_batch_cut_to_its_longest_history_gives_the_same_interests(backbone, dim):
    items, real = histories((2, 3), dim)
    cut = backbone(items[:, :3], real[:, :3])
    torch.testing.assert_close(cut.vectors, backbone(items, real).vectors)


def check_a_row_does_not_depend_on_the_others(backbone, dim):
    items, real = histories((2, 5, 1), dim)
    found = backbone(items, real).vectors
    for row in range(3):
        alone = backbone(items[row : row + 1], real[row : row + 1]).vectors
        torch.testing.assert_close(alone[0], found[row])


def check_padding_is_routed_nowhere(backbone, dim):
    """And shares of real items are no less than 0."""
    items, real = histories((2, 5, 1), dim)
    routing = backbone(items, real).routing
    if routing.shape[-1]:
        assert routing.masked_select(~real[:, None]).abs().sum() == 0 and routing.min() >= 0


def check_evaluation_is_deterministic(backbone, dim):
    items, real = histories((2, 5, 1), dim)
    assert torch.equal(backbone(items, real).vectors, backbone(items, real).vectors)


def check_a_causal_backbone_answers_at_a_place_as_if_nothing_followed(backbone, dim):
    if isinstance(backbone, Causal):
        items, real = histories((4, 5), dim)
        changed = items.clone()
        changed[:, 3:] = torch.randn(2, 2, dim)
        place = torch.tensor([0, 2, L, L + 2])  # places 0 and 2 of both rows
        before, after = (backbone.at(x, real, place).vectors for x in (items, changed))
        torch.testing.assert_close(after, before)


def check_a_causal_backbone_answers_at_the_end_as_when_it_is_served(backbone, dim):
    if isinstance(backbone, Causal):
        items, real = histories((4, 5), dim)
        at_the_end = backbone.at(items, real, last_place(real)).vectors
        torch.testing.assert_close(at_the_end, backbone(items, real).vectors)


def check_a_causal_backbone_answers_for_a_row_as_if_it_were_alone(backbone, dim):
    if isinstance(backbone, Causal):
        items, real = histories((4, 5), dim)
        found = backbone.at(items, real, torch.tensor([2, L + 3])).vectors
        alone = backbone.at(items[1:], real[1:], torch.tensor([3])).vectors
        torch.testing.assert_close(alone[0], found[1])


def histories(lengths, dim):
    """Histories of these lengths, oldest first, padded with zeros to L."""
    real = torch.arange(L) < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), L, dim) * real[..., None], real
