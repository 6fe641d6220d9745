"""The items that targets are compared with: one file a way to draw them."""
