"""Lets the Nth call of one kind fail, once: of the store's system calls, of statements, of commits."""

from __future__ import annotations

import errno
import os
import pathlib
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from unittest import mock

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

STORE = f"{os.sep}snapplatform{os.sep}storage{os.sep}"
LOST = "the connection was lost here"
_commit = BaseDatabaseWrapper._commit


@dataclass
class Fault:
    """Counts the calls of `kind` while it is armed; the one with this number fails. `fired`: it has."""

    kind: str
    number: int
    calls: int = 0
    fired: bool = False
    armed: bool = field(default=True)

    def due(self) -> bool:
        if not self.armed or self.fired:
            return False
        self.calls += 1
        self.fired = self.calls == self.number
        return self.fired


@contextmanager
def system_call(name: str, fault: Fault) -> Iterator[None]:
    """os.`name`, called from our storage code: EIO or, for writes, half of the bytes and then ENOSPC."""
    real: Callable[..., Any] = getattr(os, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        if not _from_the_store() or not fault.due():
            return real(*args, **kwargs)
        if name == "write":
            real(args[0], bytes(args[1])[: len(args[1]) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with mock.patch.object(os, name, call):
        yield


def _statement(fault: Fault, execute: Callable[..., Any], *args: Any) -> Any:
    if fault.due():
        raise OperationalError(LOST)
    return execute(*args)


def _from_the_store() -> bool:
    """Whether the caller, or who called pathlib, is our storage code."""
    frame = sys._getframe(2)
    if frame.f_code.co_filename == pathlib.__file__ and frame.f_back is not None:
        frame = frame.f_back
    return STORE in frame.f_code.co_filename


@contextmanager
def commit(fault: Fault, *, after: bool) -> Iterator[None]:
    """COMMIT fails before the database heard of it, or `after` it was done: the answer was lost."""

    def call(self: BaseDatabaseWrapper) -> None:
        due = fault.due()
        if due and not after:
            raise OperationalError(LOST)
        _commit(self)
        if due:
            raise OperationalError(LOST)

    with mock.patch.object(BaseDatabaseWrapper, "_commit", call):
        yield


def watch_statements(fault: Fault) -> None:
    """In the database's thread: let its statements be counted, if those are to fail."""
    connection.execute_wrappers[:] = [partial(_statement, fault)] if fault.kind == "statement" else []


def injected(fault: Fault) -> AbstractContextManager[None]:
    """The context in which the fault happens. Statements need watch_statements() as well."""
    if fault.kind == "statement":
        return nullcontext()
    if fault.kind.startswith("commit"):
        return commit(fault, after=fault.kind.endswith("after"))
    return system_call(fault.kind, fault)


DATABASE_KINDS = ("statement", "commit before", "commit after")
KINDS = ("open", "write", "fsync", "replace", "rename", "unlink", "mkdir", "stat", *DATABASE_KINDS)
