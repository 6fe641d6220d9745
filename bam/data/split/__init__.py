"""Which part of a sequence trains, validates and tests: one file for each way to split."""

ROUNDING = 1e-6  # of a share of users, items or interactions: what is whole stays whole
