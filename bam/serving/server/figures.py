"""What Prometheus reads: requests, their times, users, and which model answers."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from bam.serving.server.live import Live

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Figures:
    """The figures of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "bam_requests", "Requests.", ["path", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "bam_request_seconds",
            "Seconds to an answer.",
            ["path"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._users = Counter(
            "bam_users_answered", "Users and histories answered.", registry=self._registry
        )
        self._info = Info("bam_model", "The model that answers.", registry=self._registry)
        self._refused = Gauge(
            "bam_model_refused",
            "1 while the folder holds a model that is refused.",
            registry=self._registry,
        )

    def count(self, path: str, status: int, seconds: float) -> None:
        """One more request is answered."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_users(self, number: int) -> None:
        """More users and histories are answered."""
        self._users.inc(number)

    def show_model(self, live: Live) -> None:
        """Which model answers."""
        model = live.model
        self._info.info(
            {
                "data": model.retriever.data,
                "checksum": model.checksum,
                "since": model.since,
            }
        )
        self._refused.set(bool(live.refusal))

    def text(self) -> bytes:
        """All figures, as Prometheus reads them."""
        return generate_latest(self._registry)
