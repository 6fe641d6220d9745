"""What is done with the merged list before it is shown: one file a way."""
