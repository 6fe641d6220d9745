"""Readers of raw files, one file a kind of file."""
