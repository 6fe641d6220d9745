"""What every backbone must do in evaluation; a check takes the backbone and its width D.

The rules of a causal backbone hold for those that have `at`.
"""

from dataclasses import replace

import torch

from bam.data.sampling.all_positions import Causal
from bam.nn.causal import last_place
from bam.records import Histories
from tests.histories import histories

L = 5


def check_padding_has_no_effect(backbone, dim):
    met = some((2, 5, 1), dim)
    noise = torch.randn_like(met.items)
    noisy = replace(met, items=torch.where(met.real[..., None], met.items, noise))
    for part in ("vectors", "summary"):
        before, after = (getattr(backbone(one), part) for one in (met, noisy))
        torch.testing.assert_close(after, before)


def check_a_batch_cut_to_its_longest_history_gives_the_same_interests(backbone, dim):
    met = some((2, 3), dim)
    cut = backbone(narrow(met, 3))
    torch.testing.assert_close(cut.vectors, backbone(met).vectors)
    torch.testing.assert_close(cut.summary, backbone(met).summary)


def check_a_row_does_not_depend_on_the_others(backbone, dim):
    met = some((2, 5, 1), dim)
    found = backbone(met)
    for row in range(3):
        alone = backbone(of_row(met, row))
        torch.testing.assert_close(alone.vectors[0], found.vectors[row])
        torch.testing.assert_close(alone.summary[0], found.summary[row])


def check_padding_is_routed_nowhere(backbone, dim):
    """And shares of real items are no less than 0."""
    met = some((2, 5, 1), dim)
    routing = backbone(met).routing
    if routing.shape[-1]:
        assert routing.masked_select(~met.real[:, None]).abs().sum() == 0 and routing.min() >= 0


def check_evaluation_is_deterministic(backbone, dim):
    met = some((2, 5, 1), dim)
    assert torch.equal(backbone(met).vectors, backbone(met).vectors)


def check_the_summary_is_one_finite_vector_a_row(backbone, dim):
    """So that it can weigh the interests; it is that of the history alone."""
    summary = backbone(some((2, 5, 1), dim)).summary
    assert summary.shape == (3, dim) and summary.isfinite().all()


def check_a_causal_backbone_answers_at_a_place_as_if_nothing_followed(backbone, dim):
    if isinstance(backbone, Causal):
        met = some((4, 5), dim)
        items, ids, times = met.items.clone(), met.ids.clone(), met.times.clone()
        items[:, 3:] = torch.randn(2, 2, dim)
        ids[:, 3:] += 50 * (ids[:, 3:] > 0)
        times[:, 3:] += 1000
        changed = replace(met, items=items, ids=ids, times=times)
        place = torch.tensor([0, 2, L, L + 2])  # places 0 and 2 of both rows
        before, after = (backbone.at(one, place) for one in (met, changed))
        torch.testing.assert_close(after.vectors, before.vectors)
        torch.testing.assert_close(after.summary, before.summary)


def check_a_causal_backbone_answers_at_the_end_as_when_it_is_served(backbone, dim):
    if isinstance(backbone, Causal):
        met = some((4, 5), dim)
        at_the_end, served = backbone.at(met, last_place(met.real)), backbone(met)
        torch.testing.assert_close(at_the_end.vectors, served.vectors)
        torch.testing.assert_close(at_the_end.summary, served.summary)


def check_a_causal_backbone_answers_for_a_row_as_if_it_were_alone(backbone, dim):
    if isinstance(backbone, Causal):
        met = some((4, 5), dim)
        found = backbone.at(met, torch.tensor([2, L + 3])).vectors
        alone = backbone.at(of_row(met, 1), torch.tensor([3])).vectors
        torch.testing.assert_close(alone[0], found[1])


def some(lengths, dim):
    """Histories of these lengths, oldest first, padded with zeros to L; an item may come again."""
    real = torch.arange(L) < torch.tensor(lengths)[:, None]
    ids = torch.randint(1, 9, real.shape)
    table = torch.randn(9, dim)
    times = torch.randint(1, 10**6, real.shape).cumsum(1) * real
    return histories(table[ids] * real[..., None], real, ids, times)


def narrow(met, width):
    """The first places of each history."""
    return Histories(*(part[:, :width] for part in (met.ids, met.items, met.real, met.times)))


def of_row(met, row):
    """One history alone."""
    rows = slice(row, row + 1)
    return Histories(met.ids[rows], met.items[rows], met.real[rows], met.times[rows])
