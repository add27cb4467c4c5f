import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.estimated_words import WordEstimate
from voice.engines.scripted import tone

RATE_HZ = 24_000


def sound(ms):
    return tone(ms, rate_hz=RATE_HZ)


def silence(ms):
    return np.zeros(RATE_HZ * ms // 1_000, np.int16)


def test_silence_before_the_first_word_counts_for_no_word():
    quiet = WordEstimate("one two three four", RATE_HZ)
    quiet.hear(silence(2_000))
    words = [*quiet.hear(sound(1_000)), *quiet.finish()]
    assert words[0].end_ms > 2_000


def test_a_pause_between_sentences_is_no_speech():
    estimate = WordEstimate("aaaa bbbb cccc dddd", RATE_HZ)
    words = [
        *estimate.hear(np.concatenate([sound(1_000), silence(3_000), sound(1_000)])),
        *estimate.finish(),
    ]
    assert words[1].end_ms <= 1_500 or words[1].end_ms >= 4_000
    assert words[2].end_ms > 4_000


def test_no_word_is_told_before_a_slow_voice_has_said_it():
    estimate = WordEstimate("internationalisation matters", RATE_HZ)
    assert estimate.hear(sound(1_000)) == ()
    assert [word.text for word in estimate.hear(sound(1_500))] == ["internationalisation"]


@given(
    text=st.text(alphabet="ab .,", min_size=0, max_size=60),
    pieces=st.lists(st.integers(0, 900), max_size=8),
    speed=st.floats(0.25, 4.0),
)
def test_every_word_is_told_once_in_order_and_within_the_sound(text, pieces, speed):
    estimate = WordEstimate(text, RATE_HZ, speed=speed)
    words = []
    for index, ms in enumerate(pieces):
        told = estimate.hear(sound(ms) if index % 2 else silence(ms))
        assert all(word.end_ms <= estimate.heard_ms for word in told)
        words += told
    words += estimate.finish()
    assert [word.text for word in words] == text.split()
    assert [w.end_ms for w in words] == sorted(w.end_ms for w in words)
    assert all(word.end_ms <= estimate.heard_ms for word in words)
    assert not words or words[-1].end_ms == estimate.heard_ms
