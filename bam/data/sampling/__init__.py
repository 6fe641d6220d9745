"""Which places of the histories are trained: one file a way to draw examples."""
