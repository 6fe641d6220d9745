"""A folder of a run or of an export, opened: what answers questions."""
