"""What a transformer adds to the attention between two places: one file a form."""
