"""Which positions of the histories are trained: one file for each way to draw examples."""
