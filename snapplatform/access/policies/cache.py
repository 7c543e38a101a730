"""Compiled documents, kept by the digest of their text: parsing costs a hundred evaluations."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from snapplatform.access.policies.document import Document
from snapplatform.access.policies.errors import InvalidPolicy
from snapplatform.access.policies.language import digest_of, parse

MAX_DOCUMENTS = 1024

_documents: OrderedDict[str, Document] = OrderedDict()
_lock = Lock()


def compiled(digest: str, load: Callable[[], str]) -> Document:
    """The document with this digest; `load` gives its text when it isn't kept yet. Raises InvalidPolicy.

    A text that was changed in the database without its digest is refused, not evaluated as something else.
    """
    with _lock:
        found = _documents.get(digest)
        if found is not None:
            _documents.move_to_end(digest)
            return found
    text = load()
    if digest_of(text) != digest:
        raise InvalidPolicy("document", "is not the text that its digest says")
    document = parse(text)
    with _lock:
        _documents[digest] = document
        while len(_documents) > MAX_DOCUMENTS:
            _documents.popitem(last=False)
    return document


def forget() -> None:
    """Keep nothing. Tests only."""
    with _lock:
        _documents.clear()
