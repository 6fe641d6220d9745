"""python scripts/collect.py does what `bam collect` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("collect")
