"""The loop of `manage.py work`: every duty that is due, then a short wait."""

import logging

from django.db import DatabaseError, InterfaceError, close_old_connections

from snapplatform.cluster.duties import DutySpec, run_due
from snapplatform.ops.stopping import StopSignal

log = logging.getLogger("snapplatform.work")

LOOP_SECONDS = 1.0
_BACKOFF_MAX = 15.0


def work(duties: list[DutySpec], stop: StopSignal) -> None:
    """Do what is due until the signal. A database that goes away is waited for."""
    failures = 0
    while not stop.arrived:
        try:
            do_once(duties, stop)
        except (DatabaseError, InterfaceError) as error:
            failures += 1
            log.warning("the database does not answer, trying again: %s", str(error).strip())
        else:
            failures = 0
        stop.wait(min(LOOP_SECONDS * 2**failures, _BACKOFF_MAX))


def do_once(duties: list[DutySpec], stop: StopSignal) -> list[str]:
    """Each duty once if it is due; the names of those done. A stop signal is heeded between two of them."""
    # Without this a loop outside of requests keeps a broken connection for ever after a database restart.
    close_old_connections()
    done: list[str] = []
    for duty in duties:
        if stop.arrived:
            break
        done += run_due([duty])
    return done
