"""Streams that nobody holds are dealt to the nodes as their room allows."""

from uuid import UUID

from snapplatform.streams.placement import Load, share

A, B, C = (UUID(int=number) for number in (1, 2, 3))


def shares(loads: dict[UUID, Load], waiting: int) -> list[int]:
    return [share(node, loads, waiting) for node in loads]


def test_equal_nodes_get_equal_shares():
    assert shares({A: Load(0, 100), B: Load(0, 100)}, 40) == [20, 20]
    assert sum(shares({A: Load(0, 100), B: Load(0, 100), C: Load(0, 100)}, 100)) == 100


def test_who_has_less_to_do_gets_more():
    assert shares({A: Load(30, 100), B: Load(0, 100)}, 40) == [5, 35]
    assert shares({A: Load(30, 100), B: Load(0, 100)}, 10) == [0, 10]


def test_large_nodes_get_more_than_small_ones():
    assert shares({A: Load(0, 300), B: Load(0, 100)}, 40) == [30, 10]


def test_nobody_gets_more_than_has_room():
    assert shares({A: Load(95, 100), B: Load(100, 100)}, 40) == [5, 0]
    assert shares({A: Load(120, 100)}, 1) == [0]


def test_one_stream_goes_to_exactly_one_node():
    loads = {node: Load(0, 100) for node in (A, B, C)}
    assert sum(shares(loads, 1)) == 1


def test_a_node_that_takes_nothing_gets_nothing():
    assert share(A, {B: Load(0, 100)}, 10) == 0
