"""Pictures that waited in the spool and were refused: a person may look at them, for a day at most."""

import logging
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from snapplatform import clock
from snapplatform.storage import folders
from snapplatform.storage.spool_lane import Lane

log = logging.getLogger("snapplatform.storage")

KEPT = timedelta(days=1)
REASON = ".reason"


class Aside:
    """One folder for all processes: picture, sidecar, and a file with the reason. Blocking."""

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.root = root
        self.refused = 0
        self._limit_bytes = limit_bytes

    def take(self, lane: Lane, number: int, reason: str, job_id: UUID | None) -> None:
        """Move an entry here. Raises StorageUnavailable."""
        log.warning("picture %d that waited for bucket %s is set aside: %s", number, lane.bucket_id, reason)
        with folders.explained():
            self.root.mkdir(folders.FOLDER_MODE, exist_ok=True)
        lane.remove(number, job_id, aside=self.root)
        self.refused += 1
        name = f"{lane.folder.parent.name}-{lane.bucket_id.hex[-8:]}-{number:09d}{REASON}"
        with suppress(OSError):  # on a full disk the log has it
            (self.root / name).write_text(reason + "\n")

    def trim(self) -> int:
        """Delete what is too old, then the oldest beyond the room there is. Returns how many files went."""
        found = []
        with suppress(OSError):
            for path in self.root.iterdir():
                with suppress(OSError):
                    about = path.lstat()
                    found.append((about.st_ctime, about.st_size, path))
        room, gone = self._limit_bytes, 0
        for moved, size, path in sorted(found, reverse=True):
            room -= size
            if room < 0 or clock.now().timestamp() - moved > KEPT.total_seconds():
                with suppress(OSError):
                    path.unlink(missing_ok=True)
                    gone += 1
        return gone
