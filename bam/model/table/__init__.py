"""The initial values of the item table: one file a way."""
