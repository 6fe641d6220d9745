"""Where the numbers of a run go while it trains: one file a tracker.

A tracker is a context: it gets the TrackedRun, gives a Track, and cleans up when it is left. What
it raises before it gives the Track is a Mistake, for then nothing is trained yet.
"""
