"""What is dropped so that no picture is grey, and how a stream goes on after a break."""

from itertools import chain

import pytest

from tests.unit.rtsp.feeding import IDR, Fed, packed, sample
from tests.unit.rtsp.packets import Packer
from tests.unit.rtsp.units import FRAME, KEY, numbers, stream


@pytest.mark.parametrize("lost", range(3))
def test_after_a_loss_nothing_comes_until_the_next_keyframe(lost: int) -> None:
    fed = Fed()
    units = stream("k", "p", "p", "p", "k", "p")
    assert len(units[2]) == 2
    packets = [*units[2], *units[3]]
    del packets[lost]
    fed.give(chain(units[0], units[1], packets, units[4], units[5]))
    shown = [0, 40, 160, 200] if lost < 2 else [0, 40, 80, 160, 200]
    assert [unit.pts for unit in fed.sink.units] == shown
    assert fed.stats.lost_packets == 1


def test_a_lost_part_of_a_keyframe_costs_its_gop() -> None:
    fed = Fed()
    units = stream("k", "p", "k", "p", "k", "p")
    del units[2][3]
    fed.give(chain(*units))
    assert fed.sink.shown == [(0, True), (40, False), (160, True), (200, False)]


def test_a_loss_of_whole_pictures_before_a_keyframe_does_not_cost_the_keyframe() -> None:
    fed = Fed()
    units = stream("k", "p", "p", "k", "p")
    fed.give(chain(units[0], units[1], units[3], units[4]))
    assert [unit.pts for unit in fed.sink.units] == [0, 40, 120, 160]


def test_a_picture_whose_end_was_never_sent_is_dropped() -> None:
    fed, packer = Fed(), Packer()
    fed.give(chain(*stream("k", "p", packer=packer)))
    unfinished = packer.unit(FRAME, 7200)[:-1]
    packer.number -= 1  # no number is missing
    fed.give(chain(unfinished, packer.unit(FRAME, 10800), packer.unit(KEY, 14400)))
    assert [unit.pts for unit in fed.sink.units] == [0, 40, 160]
    assert (fed.stats.damaged_units, fed.stats.lost_packets) == (1, 0)


def test_a_lost_first_slice_is_seen() -> None:
    fed, packer = Fed(), Packer()
    second = b"\x65\x20" + bytes(100)
    fed.give(chain(*stream("k", "p", packer=packer)))
    whole = packer.unit([IDR, second], 7200)
    fed.give(whole[1:])
    fed.give(packer.unit(FRAME, 10800))
    fed.give(packer.unit(KEY, 14400))
    assert [unit.pts for unit in fed.sink.units] == [0, 40, 160]
    assert fed.stats.damaged_units == 1


def test_pictures_shown_before_the_keyframe_of_a_fresh_start_are_dropped() -> None:
    """They may refer to pictures before it."""
    fed, packer = Fed(), Packer()
    times = [(KEY, 10), (FRAME, 8), (FRAME, 9), (FRAME, 13), (FRAME, 11), (KEY, 16), (FRAME, 14), (FRAME, 19)]
    for nals, time in times:
        fed.give(packer.unit(nals, time * 3600))
    assert [unit.pts // 40 for unit in fed.sink.units] == [0, 3, 1, 6, 4, 9]


def test_open_gops_of_an_encoder_can_be_entered_in_the_middle() -> None:
    config, packets = sample("h264", 40, bframes=2, preset="medium", encoder_options="open-gop=1")
    units = packed(config, packets, Packer())
    slices = [nal for packet in packets[15:] for nal in [bytes(packet.data)] if packet.keyframe]
    assert slices
    fed = Fed()
    fed.give(chain(*units[15:]))
    assert not any(nal[0] & 31 == 5 for nal in fed.sink.units[0].nals)  # not an IDR picture
    found = numbers(fed.sink)
    assert found == list(range(int(found[0] or 0), 40))
    assert len(found) > 10


def test_a_source_that_starts_anew_goes_on_in_time() -> None:
    fed = Fed()
    fed.give(chain(*stream("k", "p", "p")))
    again = [
        packet[:8] + b"\0\0\0\7" + packet[12:]
        for packet in chain(*stream("p", "k", "p", packer=Packer(first=9)))
    ]
    fed.give(again)
    assert fed.sink.shown == [(0, True), (40, False), (80, False), (160, True), (200, False)]


def test_a_file_that_is_played_again_goes_on_in_time() -> None:
    fed, packer = Fed(), Packer()
    fed.give(chain(*stream("k", "p", "p", packer=packer)))
    fed.give(chain(*stream("k", "p", "p", packer=packer)))
    assert [unit.pts for unit in fed.sink.units] == [0, 40, 80, 120, 160, 200]
    assert [unit.dts for unit in fed.sink.units] == [0, 40, 80, 120, 160, 200]
