"""python scripts/search.py does what `bam search` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("search")
