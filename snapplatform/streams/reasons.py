"""Why a pulled stream is not there: a closed set of words without secrets, for rows, jobs and counts.

jobs/explanations.py says what each means and what mends it.
"""

CONNECTING = "connecting"
REFUSED = "connection refused"
UNREACHABLE = "host unreachable"
TIMED_OUT = "timed out"
HOST_NOT_FOUND = "host not found"
ADDRESS_REFUSED = "address refused"  # followed by ": " and what kind of address it is
TLS = "certificate refused"
NOT_THERE = "stream not found there"
NOT_ALLOWED = "refused by the source"
LOST = "connection lost"
ENDED = "ended at the source"
NO_DATA = "no data"
NO_VIDEO = "no video"
UNSUPPORTED = "kind of stream not supported"
NOT_UNDERSTOOD = "not understood"
SECRET_UNREADABLE = "credentials unreadable"  # noqa: S105  # words for people, no secret
NOT_SUPPORTED = "scheme not supported"
CUT_OFF = "node cut off"
INTERNAL = "internal error"

# Of streams that no node holds.
NO_NODE = "no capture node"
NOT_WANTED = "not wanted"
NODE_STOPS = "its node stops"
NODE_DRAINS = "its node drains"

ALL = frozenset(value for name, value in vars().items() if name.isupper() and isinstance(value, str))
