"""Holm's correction of several tests (Holm, Scandinavian Journal of Statistics 1979)."""


def holm(p: list[float]) -> list[float]:
    """The corrected p of each test: below .05 where it is rejected while all hold together.

    With p_(1) <= ... <= p_(m): corrected p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)).
    """
    order = sorted(range(len(p)), key=lambda place: p[place])
    corrected, largest = [0.0] * len(p), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[place]))
        corrected[place] = largest
    return corrected
