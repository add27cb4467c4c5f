"""What a sweep tells of a simulated room."""

from __future__ import annotations

import numpy as np
import pytest

from voice.audio.pcm import Pcm, rms_dbfs
from voice.audio.ports import RATE_HZ
from voice.audio.sweep import Acoustics, babble, measure, sweep
from voice.testing.room import Room

BLOCK = RATE_HZ // 100


def silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def played(apart_s: float = 3.0) -> Pcm:
    """Return a second of silence, two sweeps, and time for their echo."""
    tone = sweep(RATE_HZ)
    gap = silence(apart_s - tone.size / RATE_HZ)
    return np.concatenate([silence(1.0), tone, gap, tone, silence(0.9)])


def recorded(room: Room, sound: Pcm) -> Pcm:
    nobody = np.zeros(BLOCK, np.int16)
    blocks = [room.hear(sound[at : at + BLOCK], nobody) for at in range(0, sound.size, BLOCK)]
    return np.concatenate(blocks)


def heard_in(room: Room, sound: Pcm | None = None) -> Acoustics:
    sound = played() if sound is None else sound
    return measure(sound, recorded(room, sound), RATE_HZ)


def drifted(sound: Pcm, ppm: float) -> Pcm:
    """Return what a microphone records whose clock runs faster by ``ppm``."""
    places = np.arange(sound.size) / (1.0 + ppm * 1e-6)
    return np.interp(places, np.arange(sound.size), sound).astype(np.int16)


@pytest.mark.parametrize(
    ("delay_ms", "echo_db", "reverb_ms", "noise_dbfs"),
    [(5, -12, 200, -65), (60, -6, 200, -60), (150, -20, 400, -60), (500, -30, 300, -50)],
)
def test_delay_echo_and_noise_are_those_of_the_room(
    delay_ms: float, echo_db: float, reverb_ms: float, noise_dbfs: float
) -> None:
    found = heard_in(Room(delay_ms, echo_db, reverb_ms=reverb_ms, noise_dbfs=noise_dbfs))

    assert found.is_heard
    assert found.delay_ms == pytest.approx(delay_ms, abs=0.5)
    assert found.echo_db == pytest.approx(echo_db, abs=1.0)
    assert found.noise_floor_dbfs == pytest.approx(noise_dbfs, abs=0.5)
    assert found.clipped_share == 0.0


def test_an_echo_below_the_noise_is_heard_all_the_same() -> None:
    found = heard_in(Room(80, -36, noise_dbfs=-50))  # the echo has -56 dBFS

    assert found.is_heard
    assert found.delay_ms == pytest.approx(80, abs=1.0)
    assert found.echo_db == pytest.approx(-36, abs=3.0)


@pytest.mark.parametrize("noise_dbfs", [-75.0, -50.0, -30.0])
@pytest.mark.parametrize("seed", range(5))
def test_noise_alone_is_no_echo(noise_dbfs: float, seed: int) -> None:
    found = heard_in(Room(60, -140, noise_dbfs=noise_dbfs, seed=seed))

    assert found == Acoustics(False, None, None, found.noise_floor_dbfs, 0.0, None)


def test_a_microphone_that_gives_zeros_hears_nothing() -> None:
    sound = played()

    found = measure(sound, np.zeros_like(sound), RATE_HZ)

    assert not found.is_heard
    assert found.noise_floor_dbfs == -100.0


def test_a_hum_is_no_echo() -> None:
    sound = played()
    hum = (8_000 * np.sin(2 * np.pi * 440 * np.arange(sound.size) / RATE_HZ)).astype(np.int16)

    assert not measure(sound, hum, RATE_HZ).is_heard


def test_a_recording_that_is_cut_off_is_told_as_loud_but_still_timed() -> None:
    sound = played()
    loud = recorded(Room(60, -6), sound).astype(np.float64) * 24.0

    found = measure(sound, np.clip(loud, -32768, 32767).astype(np.int16), RATE_HZ)
    flat = measure(sound, np.clip(loud, -20_000, 20_000).astype(np.int16), RATE_HZ)

    assert found.clipped_share > 0.01
    assert flat.clipped_share > 0.01  # a converter that ends below full scale
    assert found.delay_ms == pytest.approx(60, abs=1.0)


@pytest.mark.parametrize("ppm", [-2_000, -500, -50, 0, 50, 500, 2_000])
@pytest.mark.parametrize("noise_dbfs", [-65.0, -45.0])
def test_clocks_that_differ_are_told_to_a_few_millionths(ppm: int, noise_dbfs: float) -> None:
    sound = played(apart_s=3.0)
    there = recorded(Room(60, -12, noise_dbfs=noise_dbfs), sound)

    found = measure(sound, drifted(there, ppm), RATE_HZ)

    assert found.drift_ppm == pytest.approx(ppm, abs=10)


def test_samples_that_were_lost_are_not_taken_for_drift() -> None:
    sound = played()
    there = recorded(Room(60, -12), sound)
    middle = there.size // 2

    found = measure(sound, np.delete(there, np.s_[middle : middle + 480]), RATE_HZ)

    assert found.is_heard
    assert found.delay_ms == pytest.approx(60, abs=21)
    assert found.drift_ppm is None


def test_one_sweep_tells_everything_but_the_clocks() -> None:
    sound = np.concatenate([silence(0.5), sweep(RATE_HZ), silence(0.9)])

    found = heard_in(Room(40, -12), sound)

    assert found.delay_ms == pytest.approx(40, abs=0.5)
    assert found.drift_ppm is None


def test_an_echo_before_its_sound_shows_that_the_times_are_wrong() -> None:
    sound = played()
    there = recorded(Room(20, -12), sound)

    found = measure(sound, np.concatenate([there[1_200:], silence(0.05)]), RATE_HZ)

    assert found.delay_ms == pytest.approx(-30, abs=0.5)


def test_nothing_that_was_played_is_nothing_that_was_heard() -> None:
    quiet = silence(3.0)

    assert measure(quiet, recorded(Room(60, -12), quiet), RATE_HZ).is_heard is False
    assert measure(quiet[:0], quiet[:0], RATE_HZ).noise_floor_dbfs is None


@pytest.mark.parametrize("sound", [sweep(RATE_HZ), babble(RATE_HZ, 2.0)], ids=["sweep", "babble"])
def test_what_is_played_is_as_loud_as_a_voice_and_begins_softly(sound: Pcm) -> None:
    assert rms_dbfs(sound) == pytest.approx(-20.0, abs=1.0)
    assert np.abs(sound.astype(np.int32)).max() < 20_000
    assert max(abs(int(sound[0])), abs(int(sound[-1]))) < 50
