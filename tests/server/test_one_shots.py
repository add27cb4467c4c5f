"""The number of one-shot requests."""

import pytest

from voice.server.one_shots import ONE_SHOTS, OneShots, OneShotsFullError


def test_requests_are_counted_until_they_end():
    shots = OneShots()
    with shots.admitted(), shots.admitted():
        assert shots.in_hand == 2
    assert shots.in_hand == 0


def test_a_request_too_many_is_refused_and_counts_nothing():
    shots = OneShots()
    shots.in_hand = ONE_SHOTS

    with pytest.raises(OneShotsFullError), shots.admitted():
        pass

    assert shots.in_hand == ONE_SHOTS


def test_a_request_that_fails_gives_its_place_back():
    shots = OneShots()
    with pytest.raises(ValueError, match="inside"), shots.admitted():
        raise ValueError("inside")
    assert shots.in_hand == 0
