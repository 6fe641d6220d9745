"""Which part of a sequence trains, validates and tests: one file a way to split."""
