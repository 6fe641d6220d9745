"""What counts of the training part add to the scores of items: one file a way."""
