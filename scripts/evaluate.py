"""python scripts/evaluate.py does what `bam evaluate` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("evaluate")
