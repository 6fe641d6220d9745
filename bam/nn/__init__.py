"""Layers and fast arithmetic that know nothing of recommendation."""
