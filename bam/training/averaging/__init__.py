"""Whose weights are validated, kept and tested: one file a way."""
