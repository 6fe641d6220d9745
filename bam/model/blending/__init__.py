"""Blendings: what the shares of a memory are worth beside the scores of a model."""
