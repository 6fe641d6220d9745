"""From a raw file or download to prepared, memory-mapped interactions."""
