"""What can be drawn of a block of configurations: one file a kind of figure."""
