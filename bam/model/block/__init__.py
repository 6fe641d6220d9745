"""The blocks that a transformer repeats: one file a kind, called with dim, heads and dropout."""
