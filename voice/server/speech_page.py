"""``POST /v1/audio/speech``: a text spoken, streamed as it is made.

The text is cleaned as an answer's is: no markup, URLs or emoji are read out. The headers of the
answer say which voice and speed really sound.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pybase64
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voice.audio.ffmpeg import ENCODERS, encode, find_ffmpeg
from voice.audio.wav import streamed_wav_header
from voice.audio.wire import WireEncoder
from voice.engines.ports import Tts
from voice.errors import AudioFileError, EngineError
from voice.protocol.formats import PCM16
from voice.server.audio_stream import AudioStream
from voice.server.limits import SPOKEN_CHARS
from voice.server.one_shots import OneShots, OneShotsFullError
from voice.server.page_answers import (
    PageError,
    bad_value,
    busy,
    loaded_engines,
    read_json,
    server_state,
)
from voice.server.speakable import Piece, SpeakableSplitter

logger = logging.getLogger(__name__)

SLOWEST, FASTEST = 0.25, 4.0

_MEDIA_TYPES: Final = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
}
_FIELDS: Final = frozenset(
    {
        "input",
        "instructions",
        "model",
        "response_format",
        "speed",
        "stream_format",
        "voice",
    }
)


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What was asked for, checked."""

    text: str
    voice: str
    speed: float
    audio_format: str
    is_events: bool


async def speech(request: Request) -> Response:
    """Answer with the spoken text; the first bytes leave when the first piece is made."""
    state = server_state(request)
    tts = loaded_engines(state).tts
    wanted = read_speech_request(await read_json(request, _FIELDS), tts.voices)
    # Pure arithmetic, but 4,096 characters of it: 20 ms.
    pieces = await asyncio.to_thread(_pieces, wanted.text)
    if not any(piece.spoken for piece in pieces):
        raise bad_value("input", "a text with something in it that can be spoken")
    stream = _body(wanted, pieces, tts, state.one_shots)
    try:
        # Before the answer begins, so that a busy engine can still be an HTTP status.
        first = await anext(stream)
    except OneShotsFullError as error:
        raise busy(f"{error}; try again in a moment.") from error
    except EngineError as error:
        raise busy(str(error)) from error
    except AudioFileError as error:
        raise PageError(500, "encoder_failed", str(error)) from error
    state.meters.one_shots["speech"] += 1
    media_type = "text/event-stream" if wanted.is_events else _MEDIA_TYPES[wanted.audio_format]
    headers = {"X-Voice": wanted.voice, "X-Speed": f"{wanted.speed:g}"}
    return AudioStream(first, stream, media_type=media_type, headers=headers)


async def voices(request: Request) -> Response:
    """``GET /v1/audio/voices``: the voices that can sound, the default one first."""
    engines = loaded_engines(server_state(request))
    return JSONResponse({"voices": list(engines.tts.voices)})


def read_speech_request(body: dict[str, Any], voices: tuple[str, ...]) -> SpeechRequest:
    """Check a request's fields. An unknown voice becomes the default one, as in a session.

    Raises PageError for the first bad field.
    """
    text = body.get("input")
    if not isinstance(text, str) or not text.strip():
        raise bad_value("input", "a text to speak")
    if len(text) > SPOKEN_CHARS:
        what = f"at most {SPOKEN_CHARS} characters, got {len(text)}"
        raise PageError(
            400, "string_above_max_length", f"Invalid 'input': expected {what}.", param="input"
        )
    for name in ("model", "instructions"):
        if not isinstance(body.get(name, ""), str | None):
            raise bad_value(name, "a string")
    voice = body.get("voice")
    if isinstance(voice, dict):
        voice = voice.get("id")
    if not isinstance(voice, str | None):
        raise bad_value("voice", "the name of a voice")
    stream_format = body.get("stream_format") or "audio"
    if stream_format not in ("audio", "sse"):
        raise bad_value("stream_format", "'audio' or 'sse'")
    return SpeechRequest(
        text=text,
        voice=voice if voice in voices else voices[0],
        speed=_speed(body.get("speed")),
        audio_format=_audio_format(body.get("response_format")),
        is_events=stream_format == "sse",
    )


def _speed(value: Any) -> float:
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise bad_value("speed", "a number")
    if not SLOWEST <= value <= FASTEST:
        raise bad_value("speed", f"{SLOWEST:g} to {FASTEST:g}")
    return float(value)


def _audio_format(value: Any) -> str:
    """Return the format asked for; the API's default is MP3, ours WAV where MP3 cannot be made."""
    can_compress = find_ffmpeg() is not None
    possible = ["wav", "pcm", *(ENCODERS if can_compress else ())]
    if value is None:
        return "mp3" if can_compress else "wav"
    if isinstance(value, str) and value in possible:
        return value
    expected = f"one of {', '.join(possible)}"
    if isinstance(value, str) and value in ENCODERS:
        expected += f" ({value} needs the program ffmpeg on the server)"
    raise bad_value("response_format", expected)


def _pieces(text: str) -> list[Piece]:
    splitter = SpeakableSplitter()
    return [*splitter.feed(text), *splitter.finish()]


async def _body(
    wanted: SpeechRequest, pieces: list[Piece], tts: Tts, one_shots: OneShots
) -> AsyncGenerator[bytes, None]:
    """Yield the answer's body; it counts as one request in hand until it is closed."""
    with one_shots.admitted():
        async with aclosing(_spoken(wanted, pieces, tts, one_shots)) as pcm:
            if wanted.audio_format in ENCODERS:
                audio = encode(pcm, wanted.audio_format, rate_hz=PCM16.rate_hz)
            else:
                audio = _uncompressed(pcm, wanted.audio_format)
            async with aclosing(audio):
                if not wanted.is_events:
                    async for data in audio:
                        yield data
                    return
                async for data in audio:
                    delta = pybase64.b64encode(data).decode()
                    yield _event({"type": "speech.audio.delta", "audio": delta})
                words = len(wanted.text.split())
                usage = {"input_tokens": words, "output_tokens": 0, "total_tokens": words}
                yield _event({"type": "speech.audio.done", "usage": usage})


async def _spoken(
    wanted: SpeechRequest, pieces: list[Piece], tts: Tts, one_shots: OneShots
) -> AsyncGenerator[bytes, None]:
    """Yield PCM16 at 24 kHz, one chunk of the synthesiser after another."""
    encoder = WireEncoder(tts.rate_hz, PCM16)
    for piece in pieces:
        if not piece.spoken:
            continue
        chunks = aiter(tts.speak(piece.spoken, voice=wanted.voice, speed=wanted.speed))
        try:
            while True:
                async with one_shots.synthesiser:
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                if audio := encoder.encode(chunk.pcm):
                    yield audio
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
    if rest := encoder.flush():
        yield rest


async def _uncompressed(
    pcm: AsyncIterator[bytes], audio_format: str
) -> AsyncGenerator[bytes, None]:
    if audio_format == "wav":
        yield streamed_wav_header(PCM16.rate_hz)
    async for chunk in pcm:
        yield chunk


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"
