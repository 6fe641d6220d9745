"""One file a command: `bam NAME` runs main of NAME.py, whose first line is its help."""
