"""python scripts/bench.py does what `bam bench` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("bench")
