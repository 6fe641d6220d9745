"""How interests and items are scaled before they are multiplied: one file a way."""
