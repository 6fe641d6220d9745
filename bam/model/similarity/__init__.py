"""What becomes of interests and items before they are multiplied: one file a way."""
