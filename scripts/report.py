"""python scripts/report.py does what `bam report` does."""

from bam.__main__ import run

if __name__ == "__main__":
    run("report")
