"""What the target is told apart from: one file a way to draw negatives."""
