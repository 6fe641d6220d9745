"""What training minimises for each example: one file a loss."""
