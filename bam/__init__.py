"""Balanced multi-interest sequential recommendation.

Letters used in every shape:
B batch, L history length, K interests, D embedding width, V items (ids 1..V, 0 pads), V1 = V + 1,
S negatives, R rows of negatives (1 when the batch shares them, else B), N interactions, U users,
T targets of one user, C chosen interests, G groups of interests, M interests that answer together.
"""
