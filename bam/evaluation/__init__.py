"""Weights become ranks and metrics."""
