"""``voice doctor``'s sound check: plays a sweep and listens to what the room makes of it.

About seven seconds: silence for the noise, a sweep, something like a voice for the echo canceller,
and a sweep again for the clocks. What was measured is kept for conversations with these devices.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from voice.audio.card_side import NothingBehindError
from voice.audio.pcm import Pcm, from_bytes, rms_dbfs, to_bytes
from voice.audio.ports import BLOCK_MS, RATE_HZ
from voice.audio.sweep import Acoustics, babble, measure, sweep
from voice.calibration import save_calibration
from voice.client.probe import Step
from voice.client.probe_talk import Outcome
from voice.errors import DeviceError
from voice.sound_verdicts import SoundFigures, verdicts

if TYPE_CHECKING:
    from voice.audio.ports import DeviceNews
    from voice.audio.sound_card import SoundCard
    from voice.settings import Settings

SETTLE_S = 0.3
"""What a microphone gives first is its own switching on."""

SILENCE_S = 1.0
BABBLE_S = 2.6
GAP_S = 0.4
TAIL_S = 0.8
"""As long as the latest echo that is looked for, and its end."""

_LIST_LIMIT_S = 6.0
_FIRST_LIMIT_S = 12.0
"""Opening may take 6 s, a Bluetooth headset 3 s until it runs."""

_BLOCK_LIMIT_S = 2.0
_LATE_S = 4.0
"""How much longer than the sound itself all of it may take."""

_LEARNT_S = 1.5
"""From so far into the programme on the canceller has learnt the echo."""


@dataclass(slots=True)
class _Recording:
    """What came of playing the programme; ``far`` is what sounded, as the streams' times say."""

    near: Pcm
    far: Pcm
    begin: int
    """How many samples had been captured when the programme was handed to the speaker."""
    was_played: bool
    lost: int
    names: tuple[str, str]
    rates_hz: tuple[int, int]


def programme() -> Pcm:
    """Return what is played: a sweep, something like a voice, and the sweep again; 24 kHz."""
    gap = np.zeros(round(GAP_S * RATE_HZ), np.int16)
    tone = sweep(RATE_HZ)
    return np.concatenate([tone, gap, babble(RATE_HZ, BABBLE_S), gap, tone])


async def check_sound(
    settings: Settings, *, tell: Callable[[str], None]
) -> AsyncGenerator[Step, None]:
    """Yield the verdicts on microphone and speaker; one skipped step where there is no sound card.

    ``tell`` is told before anything is played. Never raises for a device, and never waits without
    a limit: a device that stalls is a step that failed.
    """
    card = _card(settings)
    names, missing = await _devices(settings, card)
    if missing is not None:
        yield missing
        return
    tell(f"playing on {names[1]!r}, listening with {names[0]!r}: {_wanted_s():.0f} s, please hush")
    news: list[DeviceNews] = []
    card.on_news = news.append
    broken: DeviceError | None = None
    try:
        recording = await _record(card)
    except DeviceError as error:
        broken = error
    finally:
        await card.close()
    for lost in news:
        if not lost.is_working:
            yield Step(lost.kind, Outcome.FAILED, lost.detail, mend="plug it in again")
            return
    if broken is not None:
        kind, key = ("microphone", "input") if card.names[1] else ("speaker", "output")
        mend = f"or choose another with audio.{key}"
        yield Step(kind, Outcome.FAILED, str(broken), mend=mend)
        return
    if not recording.was_played:
        detail = f"{recording.names[1]!r} stands still: what it was given did not sound"
        mend = "plug it in again, or choose another with audio.output"
        yield Step("speaker", Outcome.FAILED, detail, mend=mend)
        return
    figures = await asyncio.to_thread(_figures, settings, recording)
    for step in verdicts(figures):
        yield step
    if not figures.is_deaf and not figures.is_drowned:
        if (unkept := _keep(settings, figures)) is not None:
            yield unkept


async def _devices(settings: Settings, card: SoundCard) -> tuple[tuple[str, str], Step | None]:
    """Return microphone and speaker, or the step that says what is missing."""
    from voice.audio.device_choice import choose_device
    from voice.audio.devices import list_devices
    from voice.audio.driver_thread import DriverThread

    driver = DriverThread("sound devices")
    try:
        listed = await driver.run(list_devices, limit_s=_LIST_LIMIT_S)
        audio = settings.audio
        if not listed and audio.input is None and audio.output is None:
            return ("", ""), _no_card("no microphone and no speaker were found")
        for port, wanted in (("microphone", audio.input), ("speaker", audio.output)):
            try:
                choose_device(listed, wanted, "input" if port == "microphone" else "output")
            except DeviceError as error:
                return ("", ""), _incomplete(port, error, is_named=wanted is not None)
        return await driver.run(card.expected_names, limit_s=_LIST_LIMIT_S), None
    except NothingBehindError as error:
        port = "microphone" if "microphone" in str(error) else "speaker"
        return ("", ""), _incomplete(port, error, is_named=False)
    except DeviceError as error:
        return ("", ""), _no_card(str(error))
    finally:
        driver.end()


def _incomplete(port: str, error: DeviceError, *, is_named: bool) -> Step:
    """Return the verdict on a machine with half a sound card.

    A server with a screen has a speaker and no microphone, and nothing is wrong with it.
    """
    outcome = Outcome.FAILED if is_named else Outcome.WARNING
    mend = "without it voice talk does not work; voice ask takes audio files"
    return Step(port, outcome, str(error), mend=mend)


def _no_card(why: str) -> Step:
    detail = f"{why}; voice ask works with audio files all the same"
    return Step("sound card", Outcome.SKIPPED, detail, mend="--no-sound leaves this out")


def _card(settings: Settings) -> SoundCard:
    from voice.audio.sound_card import SoundCard

    audio = settings.audio
    return SoundCard(
        audio.input, audio.output, volume=audio.volume, input_gain_db=audio.input_gain_db
    )


def _wanted_s() -> float:
    return SETTLE_S + SILENCE_S + programme().size / RATE_HZ + TAIL_S


async def _record(card: SoundCard) -> _Recording:
    """Play the programme and return what was heard of it. Raises DeviceError."""
    loop = asyncio.get_running_loop()
    drained = asyncio.Event()
    card.speaker.start(drained.set)
    sound = programme()
    settled, silent = (round(s * 1_000 / BLOCK_MS) for s in (SETTLE_S, SETTLE_S + SILENCE_S))
    wanted = round(_wanted_s() * 1_000 / BLOCK_MS)
    near, far = [], []
    count = lost_before = 0
    try:
        async with asyncio.timeout(_FIRST_LIMIT_S) as limit:
            deadline = None
            async with aclosing(card.microphone.captured()) as blocks:
                async for block in blocks:
                    deadline = deadline or loop.time() + _wanted_s() + _LATE_S
                    limit.reschedule(min(loop.time() + _BLOCK_LIMIT_S, deadline))
                    count += 1
                    if count > settled:
                        near.append(from_bytes(block.near))
                        far.append(from_bytes(block.far))
                    if count == settled:
                        lost_before = _lost(card)
                    if count == silent:
                        card.speaker.play("sound check", 0, to_bytes(sound))
                    if count == wanted:
                        break
    except TimeoutError as error:
        name = card.names[0] or "the microphone"
        heard_s = count * BLOCK_MS / 1_000
        raise DeviceError(
            f"{name!r} stands still: {heard_s:.1f} s of {_wanted_s():.1f} s were heard; plug it in "
            "again, or see whether another program holds it"
        ) from error
    return _Recording(
        near=np.concatenate(near),
        far=np.concatenate(far),
        begin=(silent - settled) * BLOCK_MS * RATE_HZ // 1_000,
        was_played=drained.is_set(),
        lost=_lost(card) - lost_before,
        names=card.names,
        rates_hz=card.rates_hz,
    )


def _lost(card: SoundCard) -> int:
    stats = card.microphone.stats
    return stats.xruns + stats.lost_blocks + card.speaker.xruns


def _figures(settings: Settings, recording: _Recording) -> SoundFigures:
    """Return everything that the recording tells."""
    near, far = recording.near, recording.far
    given = np.zeros(near.size, np.int16)
    sound = programme()
    given[recording.begin : recording.begin + sound.size] = sound
    heard, trip = measure(far, near, RATE_HZ), measure(given, near, RATE_HZ)
    erle_db, echo_dbfs, left_dbfs, no_canceller = _cancelled(recording, heard)
    return SoundFigures(
        microphone=recording.names[0],
        speaker=recording.names[1],
        rates_hz=recording.rates_hz,
        volume=settings.audio.volume,
        input_gain_db=settings.audio.input_gain_db,
        echo_setting=settings.audio.echo,
        peak=int(np.abs(near.astype(np.int32)).max()),
        acoustics=heard,
        round_trip_ms=trip.delay_ms,
        drift_ppm=None if recording.lost else trip.drift_ppm,
        erle_db=erle_db,
        echo_dbfs=echo_dbfs,
        left_dbfs=left_dbfs,
        no_canceller=no_canceller,
        lost=recording.lost,
    )


def _cancelled(
    recording: _Recording, heard: Acoustics
) -> tuple[float | None, float | None, float | None, str]:
    """Let the canceller hear it all: ERLE, the echo's level, what is left, why there is none."""
    from voice.audio.echo import BLOCK_SAMPLES, EchoCanceller

    if heard.delay_ms is None:
        return None, None, None, ""
    try:
        canceller = EchoCanceller(delay_ms=max(0, round(heard.delay_ms)))
    except DeviceError as error:
        return None, None, None, str(error)
    near, far = recording.near, recording.far
    clean = np.concatenate(
        [
            canceller.process(near[at : at + BLOCK_SAMPLES], far[at : at + BLOCK_SAMPLES])
            for at in range(0, near.size - BLOCK_SAMPLES + 1, BLOCK_SAMPLES)
        ]
    )
    begin = recording.begin + round(_LEARNT_S * RATE_HZ)
    end = recording.begin + round((programme().size / RATE_HZ - GAP_S) * RATE_HZ) - RATE_HZ
    left_dbfs = round(rms_dbfs(clean[begin:end]), 1)
    return canceller.erle_db, canceller.echo_dbfs, left_dbfs, ""


def _keep(settings: Settings, figures: SoundFigures) -> Step | None:
    """Keep the figures for conversations; return a step where that fails."""
    calibration = figures.calibration(date.today().isoformat())
    folder = settings.tools.data_dir
    try:
        save_calibration(folder, figures.microphone, figures.speaker, calibration)
    except OSError as error:
        detail = f"what was measured could not be kept in {folder}: {error.strerror or error}"
        return Step("calibration", Outcome.WARNING, detail, mend="make the folder writable")
    return None
