"""The capture node: RTMP ingest, live streams, jobs, decoders, and the one thread that writes to the database."""
