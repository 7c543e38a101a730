"""Snapplatform: pictures out of live streams, stored, guarded and deleted on time."""

__version__ = "0.1.0"
