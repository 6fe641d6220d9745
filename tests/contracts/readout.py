"""What every readout must do: interests of a place are made of what was there up to it."""

import torch

DIM = 8
B, L = 3, 5
PLACES = torch.tensor([0, 2, 4, 6, 13])  # rows 0, 0, 0, 1, 2


def check_each_place_has_interests(readout):
    found = readout(torch.randn(B, L, DIM), PLACES)
    assert found.ndim == 3 and found.shape[0] == len(PLACES) and found.shape[2] == DIM
    assert found.isfinite().all()


def check_what_comes_later_does_not_matter(readout):
    states = torch.randn(B, L, DIM)
    found = readout(states, PLACES)
    for n, place in enumerate(PLACES.tolist()):
        row, column = divmod(place, L)
        changed = states.clone()
        changed[row, column + 1 :] = torch.randn(L - column - 1, DIM)
        torch.testing.assert_close(readout(changed, PLACES)[n], found[n])


def check_a_row_does_not_depend_on_the_others(readout):
    states = torch.randn(B, L, DIM)
    found = readout(states, PLACES)
    for n, place in enumerate(PLACES.tolist()):
        row, column = divmod(place, L)
        alone = readout(states[row : row + 1], torch.tensor([column]))
        torch.testing.assert_close(alone[0], found[n])


def check_the_state_of_the_place_counts(readout):
    states = torch.randn(B, L, DIM)
    found = readout(states, PLACES)
    changed = states.flatten(0, 1).clone()
    changed[PLACES] += torch.randn(len(PLACES), DIM)
    assert (readout(changed.view(B, L, DIM), PLACES) != found).flatten(1).any(1).all()


def check_places_are_answered_in_any_order(readout):
    states = torch.randn(B, L, DIM)
    turned = readout(states, PLACES.flip(0)).flip(0)
    torch.testing.assert_close(turned, readout(states, PLACES))
