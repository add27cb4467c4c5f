"""Onsets: what stands out of our echo and the noise, and what does not."""

import pytest

from voice.client.onset import KNOWN_MS, LEARNT_MS, OnsetDetector, Sound, level_db

OURS = Sound(clean_db=-62.0, far_db=-22.0, speech=0.02)
SPEECH = Sound(clean_db=-35.0, far_db=-22.0, speech=0.9)
BANG = Sound(clean_db=-30.0, far_db=-22.0, speech=0.02)


def detector(learnt_ms: int = 3_000) -> OnsetDetector:
    found = OnsetDetector()
    assert not any([found.hear(OURS) for _ in range(learnt_ms // 10)])
    return found


def blocks_until_heard(found: OnsetDetector, sound: Sound) -> int | None:
    return next((number for number in range(1, 50) if found.hear(sound)), None)


def test_speech_over_our_voice_is_heard_at_once() -> None:
    assert blocks_until_heard(detector(), SPEECH) == 1


def test_before_the_room_is_known_speech_must_be_likely_and_a_bang_is_nothing() -> None:
    assert blocks_until_heard(detector(LEARNT_MS - 500), SPEECH) == 2
    assert OnsetDetector().hear(BANG) is False
    early = detector(LEARNT_MS - 500)
    assert not any(early.hear(BANG) for _ in range(5))


def test_what_is_left_of_our_voice_may_be_loud_where_it_always_is() -> None:
    loud = Sound(clean_db=-40.0, far_db=-22.0, speech=0.05)
    found = OnsetDetector()
    for _ in range(300):
        found.hear(loud)
    assert blocks_until_heard(found, loud) is None
    assert abs(found.margin_db) < 6


def learnt(ours: Sound) -> OnsetDetector:
    found = OnsetDetector()
    for _ in range(300):
        found.hear(ours)
    return found


def test_after_a_sound_that_was_nobody_the_next_needs_more_for_a_while() -> None:
    ours = Sound(clean_db=-57.0, far_db=-22.0, speech=0.02)
    quiet_bang = Sound(clean_db=-41.0, far_db=-22.0, speech=0.02)
    assert blocks_until_heard(learnt(ours), quiet_bang) == 1
    found = learnt(ours)
    found.startle()
    assert blocks_until_heard(found, quiet_bang) is None


@pytest.mark.parametrize("speech", [0.02, 0.4])
def test_a_faint_sound_that_is_hardly_speech_is_what_is_left_of_our_voice(speech: float) -> None:
    faint = Sound(clean_db=-45.0, far_db=-22.0, speech=speech)
    assert blocks_until_heard(detector(), faint) is None
    assert blocks_until_heard(detector(), Sound(-41.0, -22.0, speech)) is not None


def test_a_quiet_voice_is_heard_however_faint_it_is() -> None:
    faint = Sound(clean_db=-45.0, far_db=-22.0, speech=0.7)
    assert blocks_until_heard(detector(), faint) == 2


def test_faint_means_little_above_the_noise_where_the_microphone_is_weak() -> None:
    found = learnt(Sound(clean_db=-85.0, far_db=-22.0, speech=0.02))
    assert blocks_until_heard(found, Sound(-58.0, -22.0, 0.02)) == 1


def test_levels_end_at_minus_ninety() -> None:
    assert level_db(0.0) == -90.0
    assert level_db(1.0) == 0.0


def test_a_room_is_known_after_a_while_of_our_voice() -> None:
    assert not detector(LEARNT_MS).is_room_known
    assert detector(KNOWN_MS + 10).is_room_known
