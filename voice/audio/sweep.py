"""Measures a room with a sweep: how late, how loud and how steadily the microphone hears us.

An exponential sweep is taken out of the recording by dividing spectra; what remains is the room's
impulse response, far above the noise even where an ear would hardly hear the echo. Two sweeps some
seconds apart also tell how the clocks of speaker and microphone differ. Pure: no device in here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.audio.pcm import Pcm, faded, from_float, rms_dbfs

SWEEP_S = 0.8
LEVEL = 0.14
"""Peak amplitude: -20 dBFS on average, as loud as a voice."""

LOW_HZ, HIGH_HZ = 150.0, 7_000.0
"""What small loudspeakers and 16 kHz headsets let pass."""

EARLIEST_MS, LATEST_MS = -100, 600
"""Where an echo is looked for, against what was played. Before zero: a driver whose times lie."""

DRIFT_LIMIT_PPM = 2_200.0
"""Clocks differ by less; what looks like more is a recording with a hole in it."""

_FADE_S = 0.02
_GAP_S = 0.15
_SHORTEST_BURST_S = 0.3
_REGULAR = 1e-3
_CERTAIN, _LIKELY = 14.0, 7.0
"""Peak against noise from which one sweep is heard for sure, and two that agree."""

_FIRST_PATH = 0.4
"""Share of the strongest path from which an earlier one is the beginning of the echo."""

_TAIL_S = 0.25
_BEFORE_S = 0.02
_FINER = 16
_FULL = 32_100
_FLAT_FROM = 8_192
_FLAT_RUN = 3
_NOISE_BLOCK_S = 0.05

_Wide = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Acoustics:
    """What the microphone heard of what was played.

    ``delay_ms`` and ``echo_db`` are None where it is not heard. ``echo_db`` is the energy of the
    echo against that of what was played. ``noise_floor_dbfs`` is None where the recording has no
    silence before the first sweep. ``drift_ppm`` says how much faster the microphone's clock runs
    than the speaker's, None where it cannot be told: one sweep alone, or samples that were lost.
    """

    is_heard: bool
    delay_ms: float | None
    echo_db: float | None
    noise_floor_dbfs: float | None
    clipped_share: float
    drift_ppm: float | None


@dataclass(frozen=True, slots=True)
class _Burst:
    """A sweep in what was played: first sample, and the one after the last."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Path:
    """The response that one sweep found; ``begin`` is the delay in samples of its first sample."""

    response: _Wide
    begin: int
    sureness: float
    delay: int
    echo_db: float


def sweep(rate_hz: int, *, seconds: float = SWEEP_S) -> Pcm:
    """Return an exponential sweep with faded ends, at the level of a voice."""
    low, high = LOW_HZ, min(HIGH_HZ, 0.42 * rate_hz)
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    growth = math.log(high / low)
    phase = 2 * np.pi * low * seconds / growth * (np.exp(times / seconds * growth) - 1.0)
    fade = round(_FADE_S * rate_hz)
    sound = from_float((LEVEL * np.sin(phase)).astype(np.float32))
    return faded(sound, fade_in_samples=fade, fade_out_samples=fade)


def babble(rate_hz: int, seconds: float, *, seed: int = 1) -> Pcm:
    """Return something like a voice without words: a gliding hum with noise, in syllables."""
    random = np.random.default_rng(seed)
    count = round(seconds * rate_hz)
    times = np.arange(count) / rate_hz
    glide = 25.0 * np.sin(2 * np.pi * 0.7 * times) + 10.0 * np.sin(2 * np.pi * 2.3 * times)
    phase = 2 * np.pi * np.cumsum(130.0 + glide) / rate_hz
    voiced = np.zeros(count)
    for harmonic in range(1, 24):
        voiced += np.sin(phase * harmonic + harmonic**2) / harmonic**0.7
    breath = np.diff(random.standard_normal(count + 1))
    syllables = 0.15 + 0.85 * np.square(np.sin(np.pi * 3.5 * times))
    sound = (voiced + 0.3 * breath) * syllables
    sound *= LEVEL / math.sqrt(2.0) / np.sqrt(np.mean(np.square(sound)))
    fade = round(_FADE_S * rate_hz)
    return faded(
        from_float(np.asarray(sound, np.float32)), fade_in_samples=fade, fade_out_samples=fade
    )


def measure(played: Pcm, recorded: Pcm, rate_hz: int) -> Acoustics:
    """Return what ``recorded`` holds of the first and the last sweep in ``played``.

    Both int16, shape (samples,), from the same moment on; sweeps stand between 0.15 s of silence,
    and other sounds may stand between them. Delays from -100 to 600 ms are found.
    """
    bursts = _bursts(played, rate_hz)
    noise_dbfs = _noise_dbfs(recorded[: bursts[0].begin] if bursts else recorded, rate_hz)
    paths = [
        path
        for burst in ([bursts[0], bursts[-1]] if len(bursts) > 1 else bursts)
        if (path := _path(played, recorded, burst, rate_hz)) is not None
    ]
    clipped = _clipped_share(recorded)
    if not _is_heard(paths, bursts, rate_hz):
        return Acoustics(False, None, None, noise_dbfs, clipped, None)
    best = max(paths, key=lambda path: path.sureness)
    drift_ppm = _drift_ppm(paths, bursts) if len(paths) == 2 else None
    return Acoustics(
        True,
        round(best.delay * 1_000 / rate_hz, 1),
        round(best.echo_db, 1),
        noise_dbfs,
        clipped,
        drift_ppm,
    )


def _bursts(played: Pcm, rate_hz: int) -> list[_Burst]:
    """Return where sound stands between silences."""
    loudness = np.abs(played.astype(np.int32))
    peak = int(loudness.max(initial=0))
    (places,) = np.nonzero(loudness > peak // 200)
    if peak == 0 or places.size == 0:
        return []
    cuts = np.nonzero(np.diff(places) > _GAP_S * rate_hz)[0]
    begins = places[np.concatenate([[0], cuts + 1])]
    ends = places[np.concatenate([cuts, [places.size - 1]])] + 1
    found = [_Burst(int(begin), int(end)) for begin, end in zip(begins, ends, strict=True)]
    return [burst for burst in found if burst.end - burst.begin >= _SHORTEST_BURST_S * rate_hz]


def _path(played: Pcm, recorded: Pcm, burst: _Burst, rate_hz: int) -> _Path | None:
    """Divide one sweep out of the recording; None where the recording ends before it."""
    earliest, latest = (ms * rate_hz // 1_000 for ms in (EARLIEST_MS, LATEST_MS))
    earliest = max(earliest, -burst.begin)
    tail = round(_TAIL_S * rate_hz)
    heard = _wide(recorded[burst.begin + earliest : burst.end + latest + tail])
    sound = _wide(played[burst.begin : burst.end])
    if heard.size < sound.size:
        return None
    size = 1 << (heard.size + sound.size - 1).bit_length()
    spectrum = np.fft.rfft(sound, size)
    power = np.square(np.abs(spectrum))
    divided = np.fft.rfft(heard, size) * np.conj(spectrum) / (power + _REGULAR * power.max())
    response = np.fft.irfft(divided, size)[: latest - earliest]
    strength = np.abs(response)
    noise = _noise(response)
    top = float(strength.max())
    first = int(np.argmax(strength >= _FIRST_PATH * top))
    # Each frequency as loud as it was played: energies are compared, not responses.
    echo = np.fft.irfft(divided * np.sqrt(power), size)[: latest - earliest + tail]
    begin, end = max(0, first - round(_BEFORE_S * rate_hz)), first + tail
    elsewhere = _noise(np.concatenate([echo[:begin], echo[end:]]))
    energy = float(np.sum(np.square(echo[begin:end]))) - elsewhere**2 * (end - begin)
    echo_db = 10 * math.log10(max(1e-10, energy / float(np.sum(np.square(sound)))))
    sureness = top / noise if noise > 0.0 else (math.inf if top > 0.0 else 0.0)
    return _Path(response, earliest, sureness, first + earliest, echo_db)


def _noise(response: _Wide) -> float:
    """Return the noise's standard deviation, which a few strong paths do not change."""
    return float(np.median(np.abs(response))) / 0.6745


def _is_heard(paths: list[_Path], bursts: list[_Burst], rate_hz: int) -> bool:
    if not paths:
        return False
    if min(path.sureness for path in paths) >= _CERTAIN:
        return True
    if len(paths) < 2 or min(path.sureness for path in paths) < _LIKELY:
        return False
    drifted = DRIFT_LIMIT_PPM * 1e-6 * (bursts[-1].begin - bursts[0].begin)
    return abs(paths[1].delay - paths[0].delay) <= drifted + 0.003 * rate_hz


def _drift_ppm(paths: list[_Path], bursts: list[_Burst]) -> float | None:
    """Compare the responses of two sweeps: they are alike, and the second is early or late."""
    first, last = paths
    apart = bursts[-1].begin - bursts[0].begin
    limit = DRIFT_LIMIT_PPM * 1e-6 * apart
    size = 1 << (first.response.size + last.response.size).bit_length()
    cross = np.conj(np.fft.rfft(first.response, size)) * np.fft.rfft(last.response, size)
    alike = np.fft.irfft(cross, size * _FINER)
    later = int(np.argmax(alike))
    if later > alike.size // 2:
        later -= alike.size
    shift = later / _FINER + last.begin - first.begin
    return None if abs(shift) > limit else round(shift / apart * 1e6, 1)


def _noise_dbfs(silence: Pcm, rate_hz: int) -> float | None:
    """Return the usual level of short blocks, so that a click or a chair does not count."""
    size = round(_NOISE_BLOCK_S * rate_hz)
    levels = [
        rms_dbfs(silence[at : at + size] - np.int16(round(float(silence.mean()))))
        for at in range(0, silence.size - size + 1, size)
    ]
    return round(float(np.median(levels)), 1) if len(levels) >= 4 else None


def _clipped_share(recorded: Pcm) -> float:
    """Return the share of samples at full scale, or in a flat piece of something loud."""
    if recorded.size == 0:
        return 0.0
    loudness = np.abs(recorded.astype(np.int32))
    is_flat = np.concatenate([[False], (np.diff(recorded) == 0) & (loudness[1:] >= _FLAT_FROM)])
    runs = np.convolve(is_flat, np.ones(_FLAT_RUN - 1), "same") >= _FLAT_RUN - 1
    return round(float(np.mean((loudness >= _FULL) | runs)), 5)


def _wide(pcm: Pcm) -> _Wide:
    return pcm.astype(np.float64) / 32768.0
