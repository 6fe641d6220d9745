"""How the scores that K interests give an item become one: one file a way."""
