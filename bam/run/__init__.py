"""The folder of a run: its files, what identifies it, what state it is in."""
