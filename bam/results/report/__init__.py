"""A sweep at a glance: one page, and its figures as files."""

from bam.errors import extra

with extra("report"):
    import jinja2  # noqa: F401
    import matplotlib  # noqa: F401
    import scipy  # noqa: F401
