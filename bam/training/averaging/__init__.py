"""Which weights are validated, kept and tested: one file for an option."""
