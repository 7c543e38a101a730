"""Pages by keyset: a cursor says where the last page ended; new rows move nothing and nothing is counted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core import signing
from django.db.models import Model, Q, QuerySet

from snapplatform.api.native.errors import BadCursor

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_CURSOR = 500
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is ordered: by `column`, rows of the same value by id. `name` ties cursors to their list."""

    name: str
    column: str = "created_at"
    descending: bool = True


def page(
    rows: QuerySet[Row], order: Order, *, limit: int, cursor: str | None
) -> tuple[Sequence[Row], str | None]:
    """One page and the cursor of the next, None at the end. Raises BadCursor."""
    if cursor is not None:
        rows = rows.filter(_after(order, *_read(order, cursor)))
    sign = "-" if order.descending else ""
    found = list(rows.order_by(f"{sign}{order.column}", f"{sign}pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], _write(order, found[limit - 1])


def _after(order: Order, value: object, pk: uuid.UUID) -> Q:
    # The first condition alone lets the database start at the right place of its index.
    beyond = "lt" if order.descending else "gt"
    return Q(**{f"{order.column}__{beyond}e": value}) & (
        Q(**{f"{order.column}__{beyond}": value}) | Q(**{f"pk__{beyond}": pk})
    )


def _write(order: Order, row: Model) -> str:
    value = getattr(row, order.column)
    kept = value.isoformat() if isinstance(value, datetime) else value
    return signing.dumps([kept, str(row.pk)], salt=_salt(order))


def _read(order: Order, cursor: str) -> tuple[Any, uuid.UUID]:
    """What the cursor holds. It is signed, so a right signature means that this list wrote it."""
    try:
        value, pk = signing.loads(cursor[:MAX_CURSOR], salt=_salt(order))
    except (signing.BadSignature, ValueError) as error:
        raise BadCursor("The cursor is not one that this list gave.") from error
    return datetime.fromisoformat(value) if isinstance(value, str) else value, uuid.UUID(pk)


def _salt(order: Order) -> str:
    return f"snapplatform.cursor.{order.name}.{order.column}.{'desc' if order.descending else 'asc'}"
