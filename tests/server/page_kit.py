"""An HTTP client for the pages of a real server, for the tests of this folder."""

import contextlib
import io
import wave

import httpx2 as httpx
import numpy as np

from voice.engines.scripted import tone


def origin(running):
    """The server's own origin."""
    return running.url.replace("ws://", "http://").removesuffix("/v1/realtime")


@contextlib.asynccontextmanager
async def pages(running, *, token=None):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=origin(running), headers=headers, timeout=10) as client:
        yield client


def wav_bytes(pcm, rate_hz=16_000):
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate_hz)
        wav.writeframes(pcm.astype("<i2").tobytes())
    return file.getvalue()


def recording(*stretches_ms):
    """A WAV of stretches that are loud and silent in turn, loud first."""
    parts = [
        tone(duration_ms, amplitude=0 if index % 2 else 8_000)
        for index, duration_ms in enumerate(stretches_ms)
    ]
    return wav_bytes(np.concatenate(parts))


def error_of(answer, status):
    """The error object of an answer, which must have the API's shape."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str) and error["message"]
    return error
