"""Nothing leaves the machine before the wake word, nor in an idle time."""

import numpy as np

from voice.client.attention import Attention
from voice.client.wakefulness import AFTER_WORD_MS, CLOSING_MS, RING_MS, Wakefulness
from voice.core.updates import Phase, PhaseChanged

HEARD = np.zeros(160, np.int16)


class Listener:
    """Hears its word when a test says so."""

    def __init__(self) -> None:
        self.word: str | None = None
        self.resets = 0

    def hear(self, pcm_16k: np.ndarray) -> str | None:
        word, self.word = self.word, None
        return word

    def reset(self) -> None:
        self.resets += 1


def frame(number: int) -> bytes:
    return (number % 250 + 1).to_bytes(1, "little") * 480


def passed(watch: Wakefulness, begin_ms: int, ms: int, speech: float = 0.0) -> list[bytes]:
    found: list[bytes] = []
    for now_ms in range(begin_ms, begin_ms + ms, 10):
        found += watch.pass_on([frame(now_ms // 10)], HEARD, speech, now_ms)
    return found


def test_asleep_not_a_byte_passes_however_much_is_said() -> None:
    watch = Wakefulness(Attention(has_wake_word=True), Listener())
    assert passed(watch, 0, 5_000, speech=0.9) == []


def test_what_follows_the_wake_word_passes() -> None:
    listener = Listener()
    watch = Wakefulness(Attention(has_wake_word=True), listener)
    passed(watch, 0, 1_000)
    listener.word = "okay_nabu"
    found = passed(watch, 1_000, 500)
    first = 100 - AFTER_WORD_MS // 10 + 1
    assert found == [frame(number) for number in range(first, 150)]


def test_an_idle_time_ends_with_speech_and_the_half_second_before_it() -> None:
    attention = Attention(has_wake_word=False, idle_ms=1_000)
    attention.take(PhaseChanged(Phase.LISTENING), 0)
    watch = Wakefulness(attention)
    awake = passed(watch, 0, 1_000)
    idle = passed(watch, 1_000, 5_000)
    back = passed(watch, 6_000, 10, speech=0.9)
    assert awake == [frame(number) for number in range(100)]
    # The silence that ends a turn which the endpoint may still hear, and then nothing.
    assert idle == [bytes(480)] * (CLOSING_MS // 10)
    assert back == [frame(number) for number in range(600 - RING_MS // 10, 601)]


def test_each_sleep_begins_with_fresh_ears() -> None:
    listener = Listener()
    watch = Wakefulness(Attention(has_wake_word=True, follow_up_ms=0), listener)
    passed(watch, 0, 100)
    listener.word = "alexa"
    passed(watch, 100, 20_000)
    assert listener.resets == 2
