"""Admin of jobs and of the pictures they took."""

from jobs.admin import jobs, snapshots

__all__ = ["jobs", "snapshots"]
