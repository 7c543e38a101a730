"""The GOP ring keeps the newest keyframe and what followed, inside its bounds."""

from hypothesis import given
from hypothesis import strategies as st

from snapplatform.media.ring import MAX_READ_SECONDS, GopRing, Packet


def packet(index: int, keyframe: bool = False, size: int = 10, every: float = 0.04) -> Packet:
    return Packet(int(index * every * 1000), 0, keyframe, bytes(size), index * every)


def fill(ring: GopRing, count: int, gop: int, size: int = 10) -> None:
    for index in range(count):
        ring.append(packet(index, index % gop == 0, size))


def test_it_starts_at_a_keyframe():
    ring = GopRing()
    ring.append(packet(0))
    assert ring.newest_keyframe() is None
    assert ring.gop() == []
    assert ring.age(5.0) is None
    ring.append(packet(1, keyframe=True))
    ring.append(packet(2))
    assert [p.received_at for p in ring.gop()] == [0.04, 0.08]


def test_a_keyframe_that_was_read_with_later_frames_came_before_them():
    ring = GopRing()
    assert ring.keyframe_arrival() is None
    for index in range(4):  # one read at 5.0 s brought three frames, the next one the fourth
        ring.append(Packet(index * 40, 0, index == 0, b"x", 5.0 if index < 3 else 5.2))
    assert ring.keyframe_arrival() == 5.0 - 0.08


def test_frames_that_were_sent_in_a_burst_move_a_keyframe_back_by_a_bounded_time():
    ring = GopRing()
    for index in range(100):
        ring.append(Packet(index * 40, 0, index == 0, b"x", 5.0))
    assert ring.keyframe_arrival() == 5.0 - MAX_READ_SECONDS


def test_a_new_keyframe_replaces_the_old_gop():
    ring = GopRing()
    fill(ring, 25, gop=10)
    assert [p.dts_ms for p in ring.gop()] == [800, 840, 880, 920, 960]
    assert ring.newest_keyframe() is ring.gop()[0]
    assert ring.bytes == 50
    assert len(ring.packets()) == 5


def test_preroll_keeps_whole_gops_that_cover_it():
    ring = GopRing(preroll_seconds=1.0)
    fill(ring, 100, gop=10)
    kept = ring.packets()
    # Of GOPs of 0.4 s, the second oldest starts less than a second before the newest keyframe.
    assert kept[0].keyframe
    assert kept[0].dts_ms == 2400
    assert kept[-1].dts_ms == 3960
    assert len(ring.gop()) == 10


def test_preroll_gives_way_to_the_byte_bound():
    ring = GopRing(max_bytes=250, preroll_seconds=60)
    fill(ring, 100, gop=10)
    assert ring.bytes <= 250
    assert len(ring.gop()) == 10
    assert not ring.truncated


def test_a_gop_beyond_the_byte_bound_keeps_its_keyframe():
    ring = GopRing(max_bytes=100)
    fill(ring, 15, gop=1000)
    assert ring.truncated
    assert ring.gop() == [ring.newest_keyframe()]
    assert ring.bytes == 10
    ring.append(packet(16, keyframe=True))
    ring.append(packet(17))
    assert not ring.truncated
    assert len(ring.gop()) == 2


def test_a_gop_beyond_the_time_bound_keeps_its_keyframe():
    ring = GopRing(max_seconds=1.0)
    fill(ring, 40, gop=1000)
    assert ring.truncated
    assert len(ring.gop()) == 1


def test_a_keyframe_larger_than_the_bound_is_kept():
    ring = GopRing(max_bytes=100)
    ring.append(packet(0, keyframe=True, size=500))
    ring.append(packet(1))
    assert ring.newest_keyframe() is not None
    assert ring.truncated


def test_clear_forgets_everything():
    ring = GopRing()
    fill(ring, 5, gop=10)
    ring.clear()
    assert (ring.bytes, ring.gop(), ring.truncated) == (0, [], False)


def test_age_is_of_the_newest_packet():
    ring = GopRing()
    fill(ring, 3, gop=10)
    assert ring.age(1.08) == 1.0


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.floats(0, 2)), max_size=80),
    st.integers(20, 200),
    st.floats(0, 5),
)
def test_any_sequence_stays_in_bounds_and_without_holes(steps, max_bytes, preroll):
    ring = GopRing(max_bytes=max_bytes, max_seconds=4, preroll_seconds=preroll)
    now, sent = 0.0, []
    for keyframe, size, pause in steps:
        now += pause
        sent.append(Packet(int(now * 1000), 0, keyframe, bytes(size), now))
        ring.append(sent[-1])
        kept = ring.packets()
        assert ring.bytes == sum(len(p.data) for p in kept)
        keyframes = [p for p in sent if p.keyframe]
        assert ring.newest_keyframe() is (keyframes[-1] if keyframes else None)
        if kept:
            assert kept[0].keyframe
            assert ring.bytes <= max(max_bytes, len(ring.newest_keyframe().data))
        if kept and not ring.truncated:
            start = next(i for i, p in enumerate(sent) if p is ring.newest_keyframe())
            assert all(a is b for a, b in zip(ring.gop(), sent[start:], strict=True))
