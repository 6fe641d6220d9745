"""The board: every method on every data set side by side, from results that are stored as CSV."""

from bam.errors import extra

with extra("report"):
    import jinja2  # noqa: F401
    import matplotlib  # noqa: F401
    import scipy  # noqa: F401
