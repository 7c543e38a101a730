"""The capture node: RTMP ingest, live streams, jobs, decoders, and the thread that writes to the database."""
