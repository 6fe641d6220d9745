"""Terms that depend on the interests and not on a likelihood: one file a term."""
