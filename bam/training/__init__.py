"""The number becomes weights."""
