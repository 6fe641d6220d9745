"""Where the numbers of a run go while it trains: one file a tracker."""
