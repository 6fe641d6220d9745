"""Where the numbers of a run go while it trains: one file a tracker.

A tracker is a context: it gives a function to call after each validation, and cleans up at the end.
"""
