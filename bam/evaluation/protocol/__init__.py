"""What competes with a target in the ranking: one file a protocol."""
