"""Doctor on ports: free, held by this platform, or held by somebody else."""

from collections.abc import Iterator

from django.conf import settings

from snapplatform.ops import lock, ports
from snapplatform.ops.doctor.findings import Finding, bad, good


def findings() -> Iterator[Finding]:
    snap = settings.SNAP
    ours = lock.running_pid(snap.data_dir)
    if ours:
        yield good("platform", f"runs now as process {ours}")
    yield _port("HTTP port", snap.http_host, snap.http_port, "SNAP_HTTP_PORT", ours)
    yield _port("RTMP port", snap.rtmp_host, snap.rtmp_port, "SNAP_RTMP_PORT", ours)


def _port(subject: str, host: str, port: int, variable: str, ours: int) -> Finding:
    try:
        ports.check_free(host, port, variable=variable)
    except ports.PortTaken as error:
        by = ports.holder(port)
        if by and ours and ours in (by.pid, ports.parent(by.pid)):
            return good(subject, f"{port} on {host}, in use by this platform ({by})")
        reason, _, mend = str(error).partition(". ")
        return bad(
            subject, reason, mend or f"Choose another address with {variable.replace('PORT', 'HOST')}."
        )
    return good(subject, f"{port} on {host} is free")
