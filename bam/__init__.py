"""Balanced multi-interest sequential recommendation.

Letters used in every shape:
B batch, L history length, K interests, D embedding width, V items (ids 1..V, 0 pads), V1 = V + 1,
S negatives, R rows of negatives (1 when the batch shares them, else B), N interactions, U users,
T targets of one user, G groups of interests that answer together, C interests that answer alone,
E width of what answers together: D, or D + 1 where a gate stands beside the vector.
"""
