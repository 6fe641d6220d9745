"""Which part of a sequence trains, validates and tests: one file for each way to split."""
