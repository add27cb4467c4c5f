"""A recording's transcript in the shapes that the API offers: JSON, text, subtitles."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import JSONResponse, PlainTextResponse, Response

from voice.server.speech_spans import Span

FORMATS: Final = ("json", "text", "verbose_json", "srt", "vtt")


@dataclass(frozen=True, slots=True)
class Segment:
    """What was said in one span; ``text`` is never empty."""

    span: Span
    text: str
    confidence: float | None


def joined(segments: Sequence[Segment]) -> str:
    """Return the whole text."""
    return " ".join(segment.text for segment in segments)


def usage(duration_s: float) -> dict[str, Any]:
    """Return what is counted: the seconds of the recording."""
    return {"type": "duration", "seconds": round(duration_s, 3)}


def transcript_answer(
    segments: Sequence[Segment], *, response_format: str, language: str, duration_s: float
) -> Response:
    """Return the answer; ``response_format`` is one of ``FORMATS``."""
    match response_format:
        case "text":
            return PlainTextResponse(joined(segments) + "\n")
        case "srt":
            return PlainTextResponse(srt(segments), media_type="application/x-subrip")
        case "vtt":
            return PlainTextResponse(vtt(segments), media_type="text/vtt")
        case "verbose_json":
            body = {
                "task": "transcribe",
                "language": language,
                "duration": round(duration_s, 3),
                "text": joined(segments),
                "segments": [_verbose(index, segment) for index, segment in enumerate(segments)],
                "usage": usage(duration_s),
            }
            return JSONResponse(body)
        case _:
            return JSONResponse({"text": joined(segments), "usage": usage(duration_s)})


def srt(segments: Sequence[Segment]) -> str:
    """Return SubRip subtitles."""
    return "".join(
        f"{index}\n{_clock(segment.span.start_ms, ',')} --> {_clock(segment.span.end_ms, ',')}\n"
        f"{segment.text}\n\n"
        for index, segment in enumerate(segments, start=1)
    )


def vtt(segments: Sequence[Segment]) -> str:
    """Return WebVTT subtitles."""
    cues = (
        f"{_clock(segment.span.start_ms, '.')} --> {_clock(segment.span.end_ms, '.')}\n"
        f"{segment.text.replace('-->', '->')}\n\n"
        for segment in segments
    )
    return "WEBVTT\n\n" + "".join(cues)


def _clock(ms: int, point: str) -> str:
    seconds, ms = divmod(ms, 1_000)
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{ms:03}"


def _verbose(index: int, segment: Segment) -> dict[str, Any]:
    data = segment.text.encode()
    confidence = segment.confidence
    return {
        "id": index,
        "seek": segment.span.start_ms // 10,
        "start": segment.span.start_ms / 1_000,
        "end": segment.span.end_ms / 1_000,
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": math.log(max(confidence, 1e-6)) if confidence is not None else 0.0,
        "compression_ratio": round(len(data) / len(zlib.compress(data)), 3),
        "no_speech_prob": 0.0,
    }
