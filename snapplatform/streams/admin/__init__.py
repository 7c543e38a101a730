"""Admin of streams and stream keys. web/admin.py registers StreamAdmin, joined with jobs and pictures."""

from snapplatform.streams.admin import keys
from snapplatform.streams.admin.streams import StreamAdmin

__all__ = ["StreamAdmin", "keys"]
