"""What the row of an item is, made of what is learned and of the data: one file a way."""
