"""`manage.py doctor`: looks at everything a working site needs and says what is wrong and how to mend it."""

from snapplatform.ops.doctor import database, disk, media, network, site
from snapplatform.ops.doctor.findings import Finding


def examine() -> list[Finding]:
    """All findings, good and bad. One file is written in the data directory, and deleted."""
    return [
        *site.findings(),
        *disk.findings(),
        *network.findings(),
        *database.findings(),
        *media.findings(),
    ]
