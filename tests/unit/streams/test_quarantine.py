"""Streams that kill decoders: when they are left alone, for how long, and when they are forgiven."""

from snapplatform.streams.quarantine import FIRST_SECONDS, LONGEST_SECONDS, Quarantine


def test_three_strikes_within_a_minute_and_it_is_left_alone():
    quarantine = Quarantine()
    assert [quarantine.strike(now) for now in (0.0, 10.0)] == [False, False]
    assert not quarantine.holds(10.0)
    assert quarantine.strike(20.0)
    assert quarantine.holds(20.0 + FIRST_SECONDS - 1)
    assert not quarantine.holds(20.0 + FIRST_SECONDS)


def test_strikes_far_apart_are_nobodys_fault():
    quarantine = Quarantine()
    assert not any(quarantine.strike(now) for now in (0.0, 61.0, 122.0, 183.0))


def test_after_its_time_one_strike_is_enough_and_it_waits_longer():
    quarantine = Quarantine()
    now = 0.0
    for _ in range(3):
        quarantine.strike(now)
    waits = []
    for _ in range(6):
        while quarantine.holds(now):
            now += 1.0
        assert quarantine.strike(now)
        start = now
        while quarantine.holds(now):
            now += 1.0
        waits.append(now - start)
    assert waits == [120, 240, 480, LONGEST_SECONDS, LONGEST_SECONDS, LONGEST_SECONDS]


def test_a_good_picture_forgives_everything():
    quarantine = Quarantine()
    for _ in range(3):
        quarantine.strike(0.0)
    quarantine.passed()
    assert not any(quarantine.strike(now) for now in (100.0, 110.0))
