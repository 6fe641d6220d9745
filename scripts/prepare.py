"""python scripts/prepare.py does what `bam prepare` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("prepare")
