"""How much each interest of a user counts: one file a way."""
