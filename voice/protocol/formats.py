"""Audio formats of the wire, and exact arithmetic between milliseconds, samples and bytes.

Everything is mono. Arithmetic is integer only: durations are floored to whole milliseconds and
byte counts always hold whole samples, so that no rounding ever claims audio that was not there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

FormatType = Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
BetaFormat = Literal["pcm16", "g711_ulaw", "g711_alaw"]

MAX_RATE_HZ: Final = 192_000
"""Highest sample rate that a peer may name; anything above is a mistake, not a sound card."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One encoding of mono audio.

    ``audio/pcm`` is signed 16-bit little endian; ``audio/pcmu`` and ``audio/pcma`` are G.711.
    """

    type: FormatType
    rate_hz: int
    bytes_per_sample: int

    def ms_to_samples(self, ms: int) -> int:
        """Return the whole samples in ``ms`` milliseconds, floored."""
        return ms * self.rate_hz // 1000

    def ms_to_bytes(self, ms: int) -> int:
        """Return the bytes of the whole samples in ``ms`` milliseconds."""
        return self.ms_to_samples(ms) * self.bytes_per_sample

    def bytes_to_samples(self, n: int) -> int:
        """Return the whole samples in ``n`` bytes, floored."""
        return n // self.bytes_per_sample

    def samples_to_bytes(self, samples: int) -> int:
        """Return the bytes of ``samples`` samples."""
        return samples * self.bytes_per_sample

    def samples_to_ms(self, samples: int) -> int:
        """Return the whole milliseconds in ``samples`` samples, floored."""
        return samples * 1000 // self.rate_hz

    def bytes_to_ms(self, n: int) -> int:
        """Return the whole milliseconds in ``n`` bytes, floored."""
        return self.samples_to_ms(self.bytes_to_samples(n))

    @classmethod
    def from_ga(cls, value: Mapping[str, Any] | None) -> "AudioFormat":
        """Read a GA format object; None is the default, PCM at 24 kHz.

        A missing rate is the type's usual one. Raises ValueError for an unknown type or a rate
        that is no positive integer.
        """
        if value is None:
            return PCM16
        name = value.get("type", "audio/pcm")
        usual = _GA_FORMATS.get(name.lower()) if isinstance(name, str) else None
        if usual is None:
            raise ValueError(f"audio format type must be one of {', '.join(_KNOWN_TYPES)}")
        rate = value.get("rate")
        if rate is None or rate == usual.rate_hz:
            return usual
        if isinstance(rate, float) and rate.is_integer():
            rate = int(rate)
        if not isinstance(rate, int) or isinstance(rate, bool) or not 0 < rate <= MAX_RATE_HZ:
            raise ValueError(f"audio format rate must be an integer from 1 to {MAX_RATE_HZ}")
        return cls(usual.type, rate, usual.bytes_per_sample)

    def to_ga(self) -> dict[str, Any]:
        """Return the GA object; only PCM carries a rate, as G.711 is always 8 kHz."""
        if self.type == "audio/pcm":
            return {"type": self.type, "rate": self.rate_hz}
        return {"type": self.type}

    @classmethod
    def from_beta(cls, name: str) -> "AudioFormat":
        """Read a beta format name such as ``pcm16``; raises ValueError for an unknown one."""
        found = _BETA_FORMATS.get(name)
        if found is None:
            raise ValueError(f"audio format must be one of {', '.join(_BETA_FORMATS)}")
        return found

    def to_beta(self) -> BetaFormat:
        """Return the beta name; it cannot tell the rate of PCM, which there is always 24 kHz."""
        return _BETA_NAMES[self.type]


PCM16: Final = AudioFormat("audio/pcm", 24_000, 2)
"""Signed 16-bit little-endian PCM at 24 kHz: 48 bytes per millisecond."""

PCMU: Final = AudioFormat("audio/pcmu", 8_000, 1)
"""G.711 mu-law at 8 kHz: 8 bytes per millisecond."""

PCMA: Final = AudioFormat("audio/pcma", 8_000, 1)
"""G.711 A-law at 8 kHz: 8 bytes per millisecond."""

_KNOWN_TYPES: Final = (PCM16.type, PCMU.type, PCMA.type)

# The second row of each: spellings that relays really send.
_GA_FORMATS: Final[dict[str, AudioFormat]] = {
    "audio/pcm": PCM16,
    "pcm": PCM16,
    "pcm16": PCM16,
    "audio/pcmu": PCMU,
    "audio/g711-ulaw": PCMU,
    "g711_ulaw": PCMU,
    "audio/pcma": PCMA,
    "audio/g711-alaw": PCMA,
    "g711_alaw": PCMA,
}

_BETA_FORMATS: Final[dict[str, AudioFormat]] = {
    "pcm16": PCM16,
    "pcm": PCM16,
    "g711_ulaw": PCMU,
    "g711_alaw": PCMA,
    "pcm16_16000hz": AudioFormat("audio/pcm", 16_000, 2),
    "pcm16_8000hz": AudioFormat("audio/pcm", 8_000, 2),
}

_BETA_NAMES: Final[dict[FormatType, BetaFormat]] = {
    "audio/pcm": "pcm16",
    "audio/pcmu": "g711_ulaw",
    "audio/pcma": "g711_alaw",
}


def read_format(value: object) -> AudioFormat:
    """Read a format from a wire value: a GA object, a name, or an AudioFormat already read.

    Raises ValueError for anything else.
    """
    if isinstance(value, AudioFormat):
        return value
    if isinstance(value, str):
        return AudioFormat.from_ga({"type": value})
    if isinstance(value, dict):
        return AudioFormat.from_ga(cast("dict[str, Any]", value))
    raise ValueError("audio format must be an object with a type")
