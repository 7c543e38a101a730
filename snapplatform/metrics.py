"""What the web measures of itself, and what it reads from the database. docs/metrics.md lists each."""

from prometheus_client import Counter, Histogram, disable_created_metrics

disable_created_metrics()  # a time of birth beside every counter doubles the answer and tells nobody anything

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

HTTP_REQUESTS = Counter(
    "snapplatform_http_requests_total", "HTTP requests answered.", ["api", "method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "snapplatform_http_request_seconds",
    "Time until an answer's headers, by route.",
    ["api", "method", "route"],
    buckets=_SECONDS,
)

# Read from the database when /metrics is asked (api/health/collector.py): name, help, label names.
DATABASE_GAUGES: dict[str, tuple[str, list[str]]] = {
    "snapplatform_database_up": ("1 if the database answered.", []),
    "snapplatform_streams_live": ("Streams that are live.", []),
    "snapplatform_jobs": ("Jobs by status.", ["status"]),
    "snapplatform_nodes_alive": ("Capture nodes that beat lately.", []),
    "snapplatform_stored_objects": ("Objects in all buckets.", []),
    "snapplatform_stored_bytes": ("Bytes of objects in all buckets.", []),
}
