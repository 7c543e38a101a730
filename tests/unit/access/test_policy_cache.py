"""Compiled documents are kept by digest, and only under the digest that is theirs."""

from collections.abc import Iterator

import pytest

from snapplatform.access.policies import cache
from snapplatform.access.policies.errors import InvalidPolicy
from snapplatform.access.policies.language import digest_of
from tests.unit.access.documents import statement, text


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    cache.forget()
    yield
    cache.forget()


def test_a_document_is_loaded_once():
    written, loads = text(statement()), []

    def load() -> str:
        loads.append(1)
        return written

    first = cache.compiled(digest_of(written), load)
    assert cache.compiled(digest_of(written), load) is first
    assert loads == [1]


def test_another_text_than_the_digest_says_is_refused():
    with pytest.raises(InvalidPolicy, match="digest"):
        cache.compiled(digest_of(text(statement("Deny"))), lambda: text(statement()))


def test_the_longest_unused_go_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "MAX_DOCUMENTS", 2)
    texts = [text(statement(action=f"snap:A{number}")) for number in range(3)]
    one, two, three = ((digest_of(written), written) for written in texts)

    def load(digest: str, written: str) -> None:
        cache.compiled(digest, lambda: written)

    def never() -> str:
        raise AssertionError("it was kept")

    load(*one)
    load(*two)
    load(*one)
    load(*three)
    cache.compiled(one[0], never)
    with pytest.raises(AssertionError):
        cache.compiled(two[0], never)
