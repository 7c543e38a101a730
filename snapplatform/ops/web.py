"""One web process: uvicorn on a listening socket."""

import socket

import uvicorn
from django.conf import settings

_GRACE_SECONDS = 5


def serve(server_socket: socket.socket) -> None:
    """Answer requests on the socket until SIGTERM or SIGINT; then give open requests five seconds."""
    proxies = [str(network) for network in settings.SNAP.trusted_proxies]
    config = uvicorn.Config(
        "snapplatform.asgi:application",
        log_config=None,  # Django's logging is set up already, one form for all lines
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        lifespan="off",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[server_socket])
