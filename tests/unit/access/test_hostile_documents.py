"""Hostile documents are refused in words, or evaluated, at little cost: 50 ms is the aim, here five times."""

import time

import pytest

from snapplatform.access.policies.errors import InvalidPolicy
from snapplatform.access.policies.evaluation import Attached, evaluate
from snapplatform.access.policies.language import parse
from tests.unit.access.documents import request
from tests.unit.access.hostile_documents import DOCUMENTS

SLOWEST = 0.25
REQUEST = request("snap:GetJob", "job", "a" * 1000, snap_StreamName="a" * 999 + "c")


def test_there_are_enough_of_them_of_both_kinds():
    assert len(DOCUMENTS) >= 200
    valid = sum(_is_valid(document) for document in DOCUMENTS)
    assert valid > 50
    assert len(DOCUMENTS) - valid > 100


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_hostile_documents_stay_cheap(number: int):
    # The best of three: what else the machine does, and the garbage of other tests, cost time too.
    assert min(_seconds(DOCUMENTS[number]) for _ in range(3)) < SLOWEST


def _seconds(document: str | bytes) -> float:
    start = time.thread_time()
    try:
        policy = Attached("hostile", parse(document))
    except InvalidPolicy as error:
        str(error).encode()
        assert len(str(error)) < 1000
    else:
        evaluate([policy], REQUEST)
    return time.thread_time() - start


def test_a_deep_document_falls_nowhere_even_from_a_deep_stack():
    def descend(levels: int) -> None:
        if levels:
            return descend(levels - 1)
        with pytest.raises(InvalidPolicy, match="nested deeper"):
            parse("[" * 6000)

    descend(500)


def _is_valid(document: str | bytes) -> bool:
    try:
        parse(document)
    except InvalidPolicy:
        return False
    return True
