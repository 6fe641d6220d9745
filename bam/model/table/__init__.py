"""How the item table begins: one file a way."""
