"""The speech inside a Chat Completions answer whose model speaks itself; pure, tolerant."""

from __future__ import annotations

import binascii
import io
import wave
from collections.abc import Mapping
from typing import Any

import numpy as np

from voice.engines.ports import Pcm, SpokenDelta

RATE_HZ = 24_000
"""What ``pcm16`` means in this interface."""


class ChatVoice:
    """Gathers the ``audio`` fields of one answer; samples may be split between two of them."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._odd = b""

    def read(self, audio: Any) -> SpokenDelta | None:
        """Take one field; return what it says, None for nothing.

        Raises ValueError for what is no audio, or of a format that was not asked for.
        """
        data, text = _get(audio, "data"), _get(audio, "transcript")
        text = text if isinstance(text, str) else ""
        if not isinstance(data, str) or not data:
            return SpokenDelta(np.zeros(0, np.int16), RATE_HZ, text) if text else None
        raw = binascii.a2b_base64(data)
        if raw[:4] == b"RIFF":
            pcm, rate_hz = _from_wav(raw)
            return SpokenDelta(pcm, rate_hz, text)
        raw = self._odd + raw
        self._odd = raw[len(raw) // 2 * 2 :]
        return SpokenDelta(np.frombuffer(raw, "<i2", len(raw) // 2), RATE_HZ, text)


def _from_wav(raw: bytes) -> tuple[Pcm, int]:
    try:
        with wave.open(io.BytesIO(raw)) as file:
            if (file.getsampwidth(), file.getnchannels()) != (2, 1):
                raise ValueError("expected 16 bit mono audio")
            return np.frombuffer(file.readframes(file.getnframes()), "<i2"), file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError("expected WAV audio") from error


def _get(source: Any, name: str) -> Any:
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
