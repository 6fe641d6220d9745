"""python scripts/train.py does what `bam train` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("train")
