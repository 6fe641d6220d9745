"""How well interests explain a target: one file a likelihood."""
