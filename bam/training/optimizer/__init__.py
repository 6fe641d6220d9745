"""Optimizers that torch does not have: one file for each."""
