"""What a capture node measures of itself. docs/metrics.md lists each of these."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

CAPTURED = Counter("snapplatform_captures_total", "Pictures stored and registered.")
REFUSED = Counter(
    "snapplatform_captures_refused_total", "Pictures taken but not registered, by reason.", ["reason"]
)
SKIPPED = Counter("snapplatform_captures_skipped_total", "Ticks without a picture, by reason.", ["reason"])
LAG = Histogram(
    "snapplatform_capture_lag_seconds", "From the tick to the picture's bytes being safe.", buckets=_SECONDS
)
DECODE = Histogram(
    "snapplatform_decode_seconds", "Decoding one frame, in the decoder process.", buckets=_SECONDS
)
PUBLISH = Histogram(
    "snapplatform_publish_seconds", "One database transaction that registers pictures.", buckets=_SECONDS
)
STREAMS = Gauge(
    "snapplatform_node_streams",
    "Streams that the node holds, published and pulled.",
    multiprocess_mode="livesum",
)
PULLS = Gauge("snapplatform_node_pulls", "Pulled streams that the node holds.", multiprocess_mode="livesum")
PULL_ENDS = Counter(
    "snapplatform_pull_ends_total", "Connections to sources that ended, by reason.", ["reason"]
)
JOBS = Gauge("snapplatform_node_jobs", "Jobs the node takes pictures for.", multiprocess_mode="livesum")
PLAYERS = Gauge("snapplatform_node_players", "Players connected to the node.", multiprocess_mode="livesum")
RTMP_BYTES = Gauge(
    "snapplatform_rtmp_received_bytes", "Bytes received over RTMP.", multiprocess_mode="livesum"
)
RTMP_ERRORS = Gauge(
    "snapplatform_rtmp_protocol_errors",
    "Connections closed for malformed input.",
    multiprocess_mode="livesum",
)
DECODERS = Gauge(
    "snapplatform_decoders_ready", "Decoder processes ready for work.", multiprocess_mode="livesum"
)
DECODER_RESTARTS = Gauge("snapplatform_decoder_restarts", "Decoders replaced.", multiprocess_mode="livesum")
CPU_SECONDS = Gauge(
    "snapplatform_node_cpu_seconds",
    "CPU seconds used by the node and its decoders.",
    multiprocess_mode="livesum",
)
RING_BYTES = Gauge(
    "snapplatform_node_ring_bytes", "Bytes of packets that the rings keep.", multiprocess_mode="livesum"
)
DRAINING = Gauge("snapplatform_node_draining", "Nodes that take nothing new.", multiprocess_mode="livesum")
LEASES_LAPSED = Counter(
    "snapplatform_node_leases_lapsed_total", "Times that no beat got through before the lease's end."
)
WRITER_QUEUE = Gauge(
    "snapplatform_writer_queue", "Pictures waiting for the database.", multiprocess_mode="livesum"
)
SPOOL_ENTRIES = Gauge("snapplatform_spool_entries", "Pictures in the spool.", multiprocess_mode="livesum")
SPOOL_BYTES = Gauge("snapplatform_spool_bytes", "Bytes in the spool.", multiprocess_mode="livesum")
SPOOL_OLDEST = Gauge(
    "snapplatform_spool_oldest_seconds",
    "Age of the oldest picture in the spool.",
    multiprocess_mode="livemax",
)
SPOOLED = Counter("snapplatform_spooled_total", "Pictures that had to wait in the spool.")
SPOOL_REGISTERED = Counter("snapplatform_spool_registered_total", "Pictures registered out of the spool.")
SPOOL_REFUSED = Counter(
    "snapplatform_spool_refused_total", "Pictures that waited and can't be registered, by reason.", ["reason"]
)
