"""Memories: what the training part says of which items go with a history."""
