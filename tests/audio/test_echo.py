"""The echo canceller: our voice goes, the user's stays, and what it achieves is known."""

import sys
import time

import numpy as np
import pytest

from audio_fixtures import path
from voice.audio.echo import BLOCK_SAMPLES, OUTPUT_DELAY_MS, EchoCanceller
from voice.audio.files import read_audio
from voice.audio.pcm import rms_dbfs
from voice.errors import DeviceError
from voice.testing.room import Room

SILENCE = np.zeros(BLOCK_SAMPLES, np.int16)


def speech(name: str, seconds: float) -> np.ndarray:
    clip = read_audio(path(name))
    return np.resize(clip, int(seconds * 100) * BLOCK_SAMPLES)


def through(
    canceller: EchoCanceller, room: Room, far: np.ndarray, near: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the microphone heard and what was left of it."""
    heard, left = [], []
    for start in range(0, far.size, BLOCK_SAMPLES):
        block = slice(start, start + BLOCK_SAMPLES)
        heard.append(room.hear(far[block], near[block]))
        left.append(canceller.process(heard[-1], far[block]))
    return np.concatenate(heard), np.concatenate(left)


@pytest.mark.parametrize("echo_db", [-6, -12, -20])
@pytest.mark.parametrize("delay_ms", [30, 150])
def test_our_own_voice_is_gone(delay_ms: int, echo_db: int) -> None:
    far = speech("jfk", 6)
    canceller = EchoCanceller()
    heard, left = through(canceller, Room(delay_ms, echo_db, seed=2), far, far * 0)
    late = slice(2 * 24_000, None)
    # The noise of the room alone has -65 dBFS.
    assert rms_dbfs(left[late]) < -52
    assert rms_dbfs(heard[late]) - rms_dbfs(left[late]) > (20 if echo_db > -20 else 12)


def test_the_user_alone_stays_as_loud_as_before() -> None:
    near = speech("what_time_in_tokyo", 3)
    canceller = EchoCanceller()
    _, left = through(canceller, Room(noise_dbfs=-90), near * 0, near)
    assert rms_dbfs(left) == pytest.approx(rms_dbfs(near), abs=1.0)
    # Nothing is known of an echo that never was.
    assert canceller.erle_db is None


def test_the_result_is_as_late_as_is_said() -> None:
    near = speech("jfk", 3)
    _, left = through(EchoCanceller(), Room(noise_dbfs=-90), near * 0, near)
    size = 1 << 18
    found = np.fft.irfft(np.fft.rfft(left, size) * np.conj(np.fft.rfft(near, size)))
    assert found[: 50 * 24].argmax() / 24 == pytest.approx(OUTPUT_DELAY_MS, abs=1.0)


def test_the_loss_is_measured_where_only_we_speak() -> None:
    far = speech("jfk", 6)
    canceller = EchoCanceller()
    through(canceller, Room(60, -6), far, far * 0)
    assert canceller.erle_db is not None and canceller.erle_db > 20
    assert canceller.echo_dbfs is not None and canceller.echo_dbfs < -20


def test_somebody_who_speaks_too_does_not_make_the_loss_look_poor() -> None:
    far, near = speech("jfk", 8), speech("what_time_in_tokyo", 8)
    near[: 4 * 24_000] = 0
    near[6 * 24_000 :] = 0
    canceller = EchoCanceller()
    through(canceller, Room(60, -10), far, near)
    assert canceller.erle_db is not None and canceller.erle_db > 10


def test_an_echo_that_nobody_can_cancel_is_known_for_one() -> None:
    far = speech("jfk", 6)
    canceller = EchoCanceller()
    room = Room(60, -6)
    for start in range(0, far.size, BLOCK_SAMPLES):
        heard = room.hear(far[start : start + BLOCK_SAMPLES], SILENCE)
        # The reference is another sound than the one that was played.
        other = np.roll(far, 70_000)[start : start + BLOCK_SAMPLES]
        canceller.process(heard, other)
    assert canceller.erle_db is not None and canceller.erle_db < 10


def test_what_somebody_else_says_can_be_left_out_of_the_measurement() -> None:
    far = speech("jfk", 6)
    canceller, room = EchoCanceller(), Room(60, -6)
    for start in range(0, far.size, BLOCK_SAMPLES):
        block = far[start : start + BLOCK_SAMPLES]
        canceller.process(room.hear(block, SILENCE), block)
        canceller.forget_block()
    assert canceller.erle_db is None


def test_noise_suppression_takes_the_noise_of_the_room_away() -> None:
    noise = np.random.default_rng(1).normal(0, 300, 3 * 24_000).astype(np.int16)
    plain, quiet = EchoCanceller(), EchoCanceller(noise_suppression=True)
    _, with_noise = through(plain, Room(), noise * 0, noise)
    _, without = through(quiet, Room(), noise * 0, noise)
    assert rms_dbfs(without[24_000:]) < rms_dbfs(with_noise[24_000:]) - 5
    assert quiet.changes_sound and not plain.changes_sound


def test_gain_control_makes_a_quiet_voice_louder() -> None:
    near = speech("question_1_quiet", 6)
    plain, loud = EchoCanceller(), EchoCanceller(gain_control=True)
    _, before = through(plain, Room(), near * 0, near)
    _, after = through(loud, Room(), near * 0, near)
    assert rms_dbfs(after[48_000:]) > rms_dbfs(before[48_000:]) + 3


def test_a_block_costs_a_small_part_of_its_time() -> None:
    far = speech("jfk", 5)
    begun_s = time.process_time()
    through(EchoCanceller(), Room(), far, far * 0)
    # 85 us for the canceller and 200 us for the simulated room on a core of an AMD EPYC.
    assert (time.process_time() - begun_s) / 500 < 0.002


def test_blocks_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="blocks of 240 samples, got 480 and 480"):
        EchoCanceller().process(np.zeros(480, np.int16), np.zeros(480, np.int16))


def test_a_missing_library_is_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(DeviceError, match=r"pip install pywebrtc-audio.*half_duplex"):
        EchoCanceller()
