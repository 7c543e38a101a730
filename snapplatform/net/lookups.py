"""getaddrinfo off the loop, in threads of its own: it can't be interrupted.

The loop's shared threads would be used up by a few names whose servers never answer, and threads that must
end before the process does would hold its end up. These are few, daemons, and started when needed.
"""

import asyncio
import socket
import threading
from concurrent.futures import Future
from queue import SimpleQueue

THREADS = 16

Names = list[str]
_waiting: SimpleQueue[tuple[Future[Names], str, int]] = SimpleQueue()
_lock = threading.Lock()
_threads = _unfinished = 0


async def look_up(host: str, port: int) -> Names:
    """Addresses as text; raises what getaddrinfo raises. If cancelled, its thread goes on alone."""
    global _threads, _unfinished
    future: Future[Names] = Future()
    with _lock:
        _unfinished += 1
        another = _threads < min(_unfinished, THREADS)
        _threads += another
    if another:
        threading.Thread(target=_work, name="lookup", daemon=True).start()
    _waiting.put((future, host, port))
    return await asyncio.wrap_future(future)


def _work() -> None:
    global _unfinished
    while True:
        future, host, port = _waiting.get()
        if future.set_running_or_notify_cancel():
            try:
                answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                future.set_result([str(answer[4][0]) for answer in answers])
            except Exception as error:
                future.set_exception(error)
        with _lock:
            _unfinished -= 1
