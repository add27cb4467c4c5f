"""What the figures of a sound check mean, in plain words, and how to mend what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from voice.audio.sweep import Acoustics
from voice.calibration import Calibration
from voice.client.probe import Step
from voice.client.probe_talk import Outcome

NOISY_DBFS = -45.0
CLIPPED_SHARE = 0.0005
LATE_MS = 300.0
"""A round trip from which on interruptions feel late; wires take 40 to 120 ms, Bluetooth more."""

FAR_MS = 250.0
"""Beyond it the canceller needs seconds to find the echo."""

EARLY_MS = -5.0
LOUD_ECHO_DB = -3.0
GOOD_ERLE_DB = 12.0
MANY_PPM = 500.0
_DROWNED_DB = 6.0
_FAINT = 3
"""Samples up to this are what a muted converter gives."""


@dataclass(frozen=True, slots=True)
class SoundFigures:
    """What was measured of a microphone and a speaker, open together.

    ``acoustics`` compares the microphone with what sounded by the streams' own times; ``drift_ppm``
    and ``round_trip_ms`` with what we gave to the speaker, and when. ``left_dbfs`` is the level of
    what the canceller leaves of speech; ``no_canceller`` says why there is none.
    """

    microphone: str
    speaker: str
    rates_hz: tuple[int, int]
    volume: int
    input_gain_db: float
    echo_setting: str
    peak: int
    """The largest sample that was heard, of 32767."""
    acoustics: Acoustics
    round_trip_ms: float | None
    drift_ppm: float | None
    erle_db: float | None
    echo_dbfs: float | None
    left_dbfs: float | None
    no_canceller: str
    lost: int
    """How often a stream ran dry or over, or sound was lost on the way."""

    @property
    def is_deaf(self) -> bool:
        """Whether the microphone gave nothing, not even noise."""
        return self.peak <= _FAINT

    @property
    def is_drowned(self) -> bool:
        """Whether an echo could not be told from the noise of the room."""
        level = self.acoustics.noise_floor_dbfs
        return not self.acoustics.is_heard and level is not None and level >= NOISY_DBFS

    def calibration(self, day: str) -> Calibration:
        """Return what conversations want to know of it."""
        heard = self.acoustics
        return Calibration(
            measured=day,
            delay_ms=heard.delay_ms,
            echo_db=heard.echo_db,
            echo_dbfs=self.echo_dbfs,
            erle_db=self.erle_db,
            noise_floor_dbfs=heard.noise_floor_dbfs,
            drift_ppm=self.drift_ppm,
        )


def verdicts(figures: SoundFigures) -> Iterator[Step]:
    """Yield one step a line; what has nothing to stand on is skipped."""
    yield _microphone(figures)
    yield _speaker(figures)
    if figures.is_deaf:
        return
    yield _noise(figures)
    yield _delay(figures)
    yield _echo(figures)
    yield _cancelling(figures)
    yield _clipping(figures)
    yield _clocks(figures)


def _microphone(figures: SoundFigures) -> Step:
    detail = f"{figures.microphone!r} at {figures.rates_hz[0]} Hz"
    numbers = {"rate_hz": float(figures.rates_hz[0]), "peak": float(figures.peak)}
    if not figures.is_deaf:
        return Step("microphone", Outcome.OK, detail, figures=numbers)
    return Step(
        "microphone",
        Outcome.FAILED,
        f"{detail} hears nothing, not even noise: is it muted?",
        mend="unmute it (a key, a switch on the device, the system's sound settings, permission "
        "for this program), or choose another one with audio.input",
        figures=numbers,
    )


def _speaker(figures: SoundFigures) -> Step:
    detail = f"{figures.speaker!r} at {figures.rates_hz[1]} Hz, volume {figures.volume}"
    numbers = {"rate_hz": float(figures.rates_hz[1]), "lost": float(figures.lost)}
    if figures.volume == 0:
        return Step(
            "speaker", Outcome.WARNING, detail, mend="set audio.volume above 0", figures=numbers
        )
    if figures.lost:
        return Step(
            "speaker",
            Outcome.WARNING,
            f"{detail}; sound was lost {figures.lost} time(s) in these seconds",
            mend="close programs that keep the processor busy",
            figures=numbers,
        )
    return Step("speaker", Outcome.OK, detail, figures=numbers)


def _noise(figures: SoundFigures) -> Step:
    level = figures.acoustics.noise_floor_dbfs
    numbers = {"noise_floor_dbfs": level}
    if level is None:
        return Step("noise", Outcome.SKIPPED, "could not be told", figures=numbers)
    detail = f"{level:.0f} dBFS where nobody speaks"
    if level < NOISY_DBFS:
        return Step("noise", Outcome.OK, detail, figures=numbers)
    mend = "turn off what hums, bring the microphone nearer, or set audio.noise_suppression = true"
    return Step("noise", Outcome.WARNING, f"{detail}: loud", mend=mend, figures=numbers)


def _delay(figures: SoundFigures) -> Step:
    delay_ms, trip_ms = figures.acoustics.delay_ms, figures.round_trip_ms
    numbers = {"delay_ms": delay_ms, "round_trip_ms": trip_ms}
    if delay_ms is None:
        detail = "could not be told without an echo"
        return Step("echo delay", Outcome.SKIPPED, detail, figures=numbers)
    detail = f"{delay_ms:.0f} ms after the speaker's own time"
    if trip_ms is not None:
        detail = f"{trip_ms:.0f} ms for the round trip, {detail}"
    mend = ""
    if delay_ms < EARLY_MS or delay_ms > FAR_MS:
        mend = (
            "the driver tells wrong times, which makes the echo hard to find: choose another "
            'device with audio.input and audio.output, or set audio.echo = "half_duplex"'
        )
    elif trip_ms is not None and trip_ms > LATE_MS:
        mend = "interruptions will feel late: a device with a wire is quicker than Bluetooth"
    outcome = Outcome.WARNING if mend else Outcome.OK
    return Step("echo delay", outcome, detail, mend=mend, figures=numbers)


def _echo(figures: SoundFigures) -> Step:
    echo_db = figures.acoustics.echo_db
    numbers = {"echo_db": echo_db, "echo_dbfs": figures.echo_dbfs}
    if figures.is_drowned:
        detail = "could not be told: the room is too loud"
        return Step("echo", Outcome.SKIPPED, detail, figures=numbers)
    if echo_db is None:
        detail = "the microphone does not hear the speaker"
        mend = (
            'with headphones that is right, and audio.echo = "off" saves CPU; if you heard '
            "nothing either, turn the speaker up"
        )
        if figures.volume == 0:
            detail, mend = "nothing was played, as the volume is 0", ""
        elif figures.echo_setting == "off":
            mend = ""
        return Step("echo", Outcome.OK, detail, mend=mend, figures=numbers)
    detail = f"{echo_db:.0f} dB against what was played"
    if figures.echo_setting == "off" and figures.acoustics.is_heard:
        mend = 'audio.echo is "off", for headphones only: set it to "auto"'
        return Step("echo", Outcome.WARNING, detail, mend=mend, figures=numbers)
    if echo_db <= LOUD_ECHO_DB:
        return Step("echo", Outcome.OK, detail, figures=numbers)
    mend = (
        "turn the speaker down, or move it away from the microphone, or set "
        'audio.echo = "half_duplex"'
    )
    return Step(
        "echo", Outcome.WARNING, f"{detail}: louder than your voice", mend=mend, figures=numbers
    )


def _cancelling(figures: SoundFigures) -> Step:
    numbers = {"erle_db": figures.erle_db, "left_dbfs": figures.left_dbfs}
    name = "cancelling"
    if figures.no_canceller:
        mend = "until then the microphone is closed while the voice speaks (half duplex)"
        return Step(name, Outcome.WARNING, figures.no_canceller, mend=mend, figures=numbers)
    if figures.acoustics.echo_db is None:
        return Step(name, Outcome.SKIPPED, "no echo that could be heard", figures=numbers)
    if figures.erle_db is None or figures.left_dbfs is None:
        return Step(name, Outcome.OK, "the echo is too faint to need it", figures=numbers)
    detail = f"{figures.erle_db:.0f} dB of the echo taken away, {figures.left_dbfs:.0f} dBFS left"
    noise_dbfs = figures.acoustics.noise_floor_dbfs
    is_drowned = noise_dbfs is not None and figures.left_dbfs <= noise_dbfs + _DROWNED_DB
    if figures.erle_db >= GOOD_ERLE_DB or is_drowned:
        return Step(name, Outcome.OK, detail, figures=numbers)
    mend = "turn the speaker down until it does not rattle, or move it away from the microphone"
    if not figures.calibration("").is_echo_mastered:
        mend += "; until then the microphone is closed while the voice speaks (half duplex)"
    return Step(name, Outcome.WARNING, f"only {detail}", mend=mend, figures=numbers)


def _clipping(figures: SoundFigures) -> Step:
    share = figures.acoustics.clipped_share
    numbers = {"clipped_share": share}
    if share < CLIPPED_SHARE:
        return Step("clipping", Outcome.OK, "none", figures=numbers)
    mend = "lower the microphone's level in the system's sound settings, or turn the speaker down"
    if figures.input_gain_db > 0:
        mend = f"lower audio.input_gain_db, now {figures.input_gain_db:g}"
    detail = f"{share:.1%} of what was heard is cut off: too loud for the microphone"
    return Step("clipping", Outcome.WARNING, detail, mend=mend, figures=numbers)


def _clocks(figures: SoundFigures) -> Step:
    drift_ppm = figures.drift_ppm
    numbers = {"drift_ppm": drift_ppm}
    if drift_ppm is None:
        why = "sound was lost" if figures.lost else "no echo that is clear enough"
        return Step("clocks", Outcome.SKIPPED, f"could not be told: {why}", figures=numbers)
    detail = f"the microphone's runs {abs(drift_ppm):.0f} ppm "
    detail += "faster than the speaker's" if drift_ppm >= 0 else "slower than the speaker's"
    if abs(drift_ppm) <= MANY_PPM:
        return Step("clocks", Outcome.OK, detail, figures=numbers)
    mend = "use one device for both, such as a headset: the echo is hard to follow here"
    return Step("clocks", Outcome.WARNING, detail, mend=mend, figures=numbers)
