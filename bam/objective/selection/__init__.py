"""Which interest answers for a target: one file a way to choose."""
