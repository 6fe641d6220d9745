"""How the states of a causal backbone become K interests: one file a way."""
