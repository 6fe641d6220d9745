"""How the lists of K interests become one list: one file a way."""
