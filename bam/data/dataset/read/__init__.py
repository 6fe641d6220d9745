"""Readers of raw files, one for each kind of file."""
