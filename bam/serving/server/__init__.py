"""A server of a trained model for this machine: HTTP, JSON, figures for Prometheus and a page."""

from bam.errors import extra

with extra("serving"):
    import fastapi  # noqa: F401
    import prometheus_client  # noqa: F401
    import uvicorn  # noqa: F401
