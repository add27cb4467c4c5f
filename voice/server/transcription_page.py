"""``POST /v1/audio/transcriptions``: an uploaded recording to text.

The upload stays in memory, bounded, and is decoded by our own WAV parser or a fenced ffmpeg. Only
the spans that hold speech are recognised, one at a time, so that conversations go before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import orjson
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from voice.audio.upload import read_upload
from voice.engines.ports import EAR_RATE_HZ, Engines, Pcm, Stt
from voice.errors import AudioFileError, EngineError
from voice.server.audio_stream import AudioStream
from voice.server.limits import UPLOAD_BYTES, UPLOAD_S
from voice.server.one_shots import OneShots, OneShotsFullError
from voice.server.page_answers import (
    PageError,
    bad_value,
    body_stream,
    busy,
    loaded_engines,
    server_state,
)
from voice.server.speech_spans import Span, speech_spans
from voice.server.transcript_formats import FORMATS, Segment, transcript_answer, usage

MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS = 32
_ENVELOPE_BYTES = 256 * 1024
"""What the form may hold beside the file."""

_SCORED_SAMPLES = 2 * EAR_RATE_HZ
"""Audio scored by the voice detector at once: 4 ms of its thread."""

_DEFAULT_LANGUAGE = "english"


class _InMemoryParser(MultiPartParser):
    """Keeps what is uploaded off the disk; the body's own limit bounds it."""

    spool_max_size = UPLOAD_BYTES + _ENVELOPE_BYTES + 1


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """What was asked for, checked. The prompt and the temperature change nothing here."""

    language: str | None
    response_format: str
    is_events: bool


async def transcription(request: Request) -> Response:
    """Answer with the words of the uploaded recording."""
    state = server_state(request)
    stream = _work(request, loaded_engines(state), state.one_shots)
    try:
        made = await anext(stream)
        state.meters.one_shots["transcription"] += 1
        if isinstance(made, Response):
            return made
        # Owns the rest of the generator, and with it the place among the requests in hand.
        return AudioStream(made, cast(Any, stream), media_type="text/event-stream")
    except BaseException:
        await stream.aclose()
        raise


async def translation(request: Request) -> Response:
    """``POST /v1/audio/translations``: nothing here can translate, and says so."""
    del request
    text = "This server cannot translate; POST /v1/audio/transcriptions gives the words as spoken."
    raise PageError(404, "unsupported_operation", text)


async def _work(
    request: Request, engines: Engines, one_shots: OneShots
) -> AsyncGenerator[Response | bytes, None]:
    """Yield the one answer, or the events of a streamed one."""
    try:
        with one_shots.admitted():
            wanted, pcm = await _read(request, engines.stt)
            duration_s = pcm.size / EAR_RATE_HZ
            segments: list[Segment] = []
            async for segment in _segments(pcm, wanted.language, engines, one_shots):
                if wanted.is_events:
                    delta = segment.text if not segments else f" {segment.text}"
                    yield _event({"type": "transcript.text.delta", "delta": delta})
                elif await request.is_disconnected():
                    raise PageError(499, "client_gone", "The client has gone.")
                segments.append(segment)
            if wanted.is_events:
                text = " ".join(segment.text for segment in segments)
                done = {"type": "transcript.text.done", "text": text, "usage": usage(duration_s)}
                yield _event(done)
                return
            yield transcript_answer(
                segments,
                response_format=wanted.response_format,
                language=_DEFAULT_LANGUAGE,
                duration_s=duration_s,
            )
    except OneShotsFullError as error:
        raise busy(f"{error}; try again in a moment.") from error


async def _read(request: Request, stt: Stt) -> tuple[TranscriptionRequest, Pcm]:
    """Return what is asked for and the recording. Raises PageError."""
    form = await _read_form(request)
    try:
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        wanted = read_transcription_request(fields)
        if wanted.language:
            await _check_language(stt, wanted.language)
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            text = "Missing required parameter: 'file'; send the recording as multipart/form-data."
            raise PageError(400, "missing_required_parameter", text, param="file")
        try:
            pcm = await read_upload(upload.file, rate_hz=EAR_RATE_HZ, longest_s=UPLOAD_S)
        except AudioFileError as error:
            text = f"Invalid 'file': {error}."
            raise PageError(400, "invalid_audio", text, param="file") from error
    finally:
        await form.close()
    return wanted, pcm


async def _read_form(request: Request) -> FormData:
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        text = f"Expected a multipart/form-data body with a file, got {kind[:80] or 'no type'!r}."
        raise PageError(400, "invalid_content_type", text)
    parser = _InMemoryParser(
        Headers({"content-type": kind}),
        body_stream(request, UPLOAD_BYTES + _ENVELOPE_BYTES),
        max_files=1,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        return await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        reason = getattr(error, "message", "its boundary or its headers are broken")
        text = f"The multipart body cannot be read: {reason}"
        raise PageError(400, "invalid_multipart", text) from error


def read_transcription_request(fields: Mapping[str, str]) -> TranscriptionRequest:
    """Check a form's text fields. Raises PageError for the first bad one."""
    response_format = fields.get("response_format") or "json"
    if response_format not in FORMATS:
        raise bad_value("response_format", f"one of {', '.join(FORMATS)}")
    asked = {value for key, value in fields.items() if key.startswith("timestamp_granularities")}
    if "word" in asked:
        what = "'segment'; this recogniser knows no times of single words"
        raise bad_value("timestamp_granularities", what)
    stream = fields.get("stream", "false").lower()
    if stream not in ("true", "false", "1", "0", ""):
        raise bad_value("stream", "'true' or 'false'")
    try:
        temperature = float(fields.get("temperature") or 0)
    except ValueError:
        temperature = -1.0
    if not 0.0 <= temperature <= 1.0:
        raise bad_value("temperature", "a number from 0 to 1")
    return TranscriptionRequest(
        language=fields.get("language") or None,
        response_format=response_format,
        is_events=stream in ("true", "1"),
    )


async def _check_language(stt: Stt, language: str) -> None:
    """Ask the recogniser for nothing in a language: the only thing that it can refuse then."""
    try:
        await stt.transcribe(np.zeros(0, np.int16), language=language)
    except EngineError as error:
        text = f"Invalid 'language': {error}."
        raise PageError(400, "invalid_value", text, param="language") from error


async def _segments(
    pcm: Pcm, language: str | None, engines: Engines, one_shots: OneShots
) -> AsyncGenerator[Segment, None]:
    """Yield what is said, span after span; spans without words give nothing."""
    try:
        for span in await _spans(pcm, engines):
            samples = slice(*(ms * EAR_RATE_HZ // 1_000 for ms in (span.start_ms, span.end_ms)))
            async with one_shots.recogniser:
                heard = await engines.stt.transcribe(pcm[samples], language=language)
            if heard.text:
                yield Segment(span, heard.text, heard.confidence)
    except EngineError as error:
        raise busy(str(error)) from error


async def _spans(pcm: Pcm, engines: Engines) -> tuple[Span, ...]:
    stream = engines.vad.open()
    probabilities: list[float] = []
    # Silence at the end completes the last frame.
    padded = np.concatenate([pcm, np.zeros(engines.vad.frame_samples, np.int16)])
    for start in range(0, padded.size, _SCORED_SAMPLES):
        probabilities += await stream.score(padded[start : start + _SCORED_SAMPLES])
        await asyncio.sleep(0)
    frame_ms = engines.vad.frame_samples * 1_000 / EAR_RATE_HZ
    total_ms = pcm.size * 1_000 // EAR_RATE_HZ
    return speech_spans(probabilities, frame_ms=frame_ms, total_ms=total_ms)


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(data) + b"\n\n"
