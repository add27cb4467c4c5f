"""The server's audio buffer, addressed in milliseconds of audio."""

from hypothesis import given
from hypothesis import strategies as st

from voice.core.input_buffer import InputBuffer
from voice.protocol.formats import PCM16, PCMU


def ms_of(count, value=1):
    return bytes([value]) * (48 * count)


def test_slice_returns_the_audio_between_two_moments():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(100, 1))
    buffer.append(ms_of(100, 2))
    assert buffer.slice(90, 110) == ms_of(10, 1) + ms_of(10, 2)


def test_slice_is_clipped_to_what_is_kept():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(100, 1))
    buffer.forget_before(60)
    assert buffer.slice(0, 1_000) == ms_of(40, 1)


def test_commit_takes_what_came_since_the_last_commit():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(100, 1))
    assert buffer.commit() == ms_of(100, 1)
    buffer.append(ms_of(50, 2))
    assert buffer.uncommitted_ms == 50
    assert buffer.commit() == ms_of(50, 2)


def test_the_clock_goes_on_over_commit_clear_and_a_new_format():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(100))
    buffer.commit()
    buffer.append(ms_of(100))
    buffer.clear()
    buffer.change_format(PCMU)
    buffer.append(bytes(8 * 100))
    assert buffer.end_ms == 300
    assert buffer.slice(250, 300) == bytes(8 * 50)


def test_audio_of_a_finished_turn_is_not_committed_again():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(300))
    buffer.mark_committed(200)
    assert buffer.uncommitted_ms == 100
    assert len(buffer.commit()) == 48 * 100


@given(st.lists(st.integers(0, 400), max_size=40))
def test_nothing_grows_beyond_the_bound_and_the_newest_stays(chunks):
    buffer = InputBuffer(PCM16, max_ms=500)
    for chunk in chunks:
        buffer.append(ms_of(chunk))
    total = sum(chunks)
    assert buffer.end_ms == total
    assert buffer.uncommitted_ms == min(total, 500)
    assert len(buffer.slice(0, total)) == 48 * min(total, 500)


def test_the_end_of_the_last_turn_is_known_when_its_audio_is_gone():
    buffer = InputBuffer(PCM16)
    buffer.append(ms_of(300))
    buffer.mark_committed(200)
    buffer.append(ms_of(5_000))
    buffer.forget_before(4_000)
    assert buffer.committed_ms == 200
    buffer.change_format(PCMU)
    assert buffer.committed_ms == 5_300
