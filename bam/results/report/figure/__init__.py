"""The figures of a block of configurations: one file a kind of figure."""
