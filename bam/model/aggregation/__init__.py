"""How the scores of an item by K interests become one score: one file a way."""
