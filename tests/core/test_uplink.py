"""The microphone's audio before and on the wire."""

from voice.core.uplink import MARK_EVERY_MS, MAX_MARKS, PRE_ROLL_MS, Uplink
from voice.protocol.formats import PCM16, PCMA, PCMU

FRAME = bytes(960)


def test_the_pre_roll_holds_the_last_half_second_in_whole_frames() -> None:
    uplink = Uplink()
    for number in range(100):
        uplink.keep(bytes([number]) * 960)
    kept = uplink.take_kept()
    assert len(b"".join(kept)) == PCM16.ms_to_bytes(PRE_ROLL_MS)
    assert [frame[0] for frame in kept] == list(range(75, 100))
    assert uplink.take_kept() == []


def test_one_frame_longer_than_the_pre_roll_is_kept_whole() -> None:
    uplink = Uplink()
    uplink.keep(bytes(48_000))
    assert len(uplink.take_kept()) == 1


def test_a_change_of_format_drops_what_was_kept_in_the_old_one() -> None:
    uplink = Uplink()
    uplink.keep(FRAME)
    uplink.set_format(PCMU)
    assert uplink.take_kept() == []


def test_silence_is_the_silence_of_the_format() -> None:
    assert Uplink(PCM16).silence(4) == b"\0\0\0\0"
    assert Uplink(PCMU).silence(2) == b"\xff\xff"
    assert Uplink(PCMA).silence(2) == b"\xd5\xd5"


def test_a_sample_is_dated_by_when_it_left() -> None:
    uplink = Uplink()
    for number in range(100):
        uplink.sent(FRAME, 10_000 + 20 * number)
    dated = uplink.sent_at_ms(1_000)
    assert dated is not None
    assert 0 <= dated - 10_980 <= MARK_EVERY_MS


def test_audio_that_was_never_sent_has_no_date() -> None:
    uplink = Uplink()
    assert uplink.sent_at_ms(0) is None
    uplink.sent(FRAME, 0)
    assert uplink.sent_at_ms(21) is None


def test_audio_of_long_ago_has_no_date_and_marks_are_bounded() -> None:
    uplink = Uplink()
    for number in range(3 * MAX_MARKS):
        uplink.sent(2 * FRAME, 40 * number)
    assert uplink.sent_at_ms(1_000) is None
    assert uplink.sent_at_ms(3 * MAX_MARKS * 40) is not None


def test_a_turn_is_worth_committing_from_100_ms_on() -> None:
    uplink = Uplink()
    uplink.sent(bytes(PCM16.ms_to_bytes(99)), 0)
    assert not uplink.is_committable
    uplink.sent(bytes(PCM16.ms_to_bytes(1)), 0)
    assert uplink.is_committable
    uplink.committed()
    assert not uplink.is_committable
