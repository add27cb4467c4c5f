"""How much of an answer is waited for."""

from voice.audio.jitter import CALM_MS, LONGEST_MS, SHORTEST_MS, JitterBuffer
from voice.audio.ports import RATE_HZ

MS = RATE_HZ // 1000
BLOCK = 10 * MS


def test_an_answer_begins_with_two_blocks_and_is_not_held_back_afterwards() -> None:
    buffer = JitterBuffer()

    assert not buffer.may_sound(0, BLOCK)
    assert not buffer.may_sound(19 * MS, BLOCK)
    assert buffer.may_sound(20 * MS, BLOCK)
    assert buffer.may_sound(1, BLOCK)


def test_a_short_answer_is_held_back_for_the_length_of_the_buffer_only() -> None:
    buffer = JitterBuffer()
    for _ in range(100):
        assert not buffer.may_sound(0, BLOCK)

    assert [buffer.may_sound(5 * MS, BLOCK) for _ in range(3)] == [False, False, True]


def test_it_grows_with_each_hole_up_to_a_limit() -> None:
    buffer, targets = JitterBuffer(), []
    for _ in range(6):
        buffer.underrun(30 * MS)
        targets.append(buffer.target_ms)

    assert targets == [40, 80, 160, LONGEST_MS, LONGEST_MS, LONGEST_MS]


def test_a_long_silence_is_no_jitter() -> None:
    buffer = JitterBuffer()
    buffer.underrun(3_000 * MS)

    assert buffer.target_ms == SHORTEST_MS


def test_it_drops_back_after_a_while_without_a_hole() -> None:
    buffer = JitterBuffer()
    for _ in range(2):
        buffer.underrun(30 * MS)
    targets = []
    for _ in range(4):
        for _ in range(CALM_MS // 10):
            buffer.sounded(BLOCK)
        targets.append(buffer.target_ms)

    assert targets == [40, 20, 20, 20]


def test_after_a_hole_it_fills_again() -> None:
    buffer = JitterBuffer()
    buffer.may_sound(BLOCK * 2, BLOCK)
    buffer.underrun(30 * MS)
    buffer.refill()

    assert not buffer.may_sound(2 * BLOCK, BLOCK)
    assert buffer.may_sound(4 * BLOCK, BLOCK)


def test_it_stays_while_most_of_it_is_needed() -> None:
    buffer = JitterBuffer()
    buffer.underrun(30 * MS)
    buffer.may_sound(40 * MS, BLOCK)
    targets = []
    for least_ms in (19, 20):
        for _ in range(CALM_MS // 10):
            buffer.arrived(least_ms * MS)
            buffer.sounded(BLOCK)
        targets.append(buffer.target_ms)

    assert targets == [40, 20]
