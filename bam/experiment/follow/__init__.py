"""A new run that begins with finished ones."""
