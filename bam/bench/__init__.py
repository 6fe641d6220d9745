"""How fast it is, and in how much memory: measurements of whole experiments, one process each."""
