"""Shapes of a transcript."""

import json

import pytest
from openai.types.audio import Transcription, TranscriptionVerbose

from voice.server.speech_spans import Span
from voice.server.transcript_formats import Segment, srt, transcript_answer, vtt

SEGMENTS = (
    Segment(Span(0, 1_500), "Hello there.", 0.9),
    Segment(Span(3_661_002, 3_662_000), "Bye --> now.", None),
)


def answer(response_format, segments=SEGMENTS):
    return transcript_answer(
        segments, response_format=response_format, language="english", duration_s=3_662.0
    )


def test_json_holds_the_text_and_the_seconds():
    body = json.loads(answer("json").body)

    assert body == {
        "text": "Hello there. Bye --> now.",
        "usage": {"type": "duration", "seconds": 3_662.0},
    }
    Transcription.model_validate(body, strict=True)


def test_verbose_json_is_what_the_official_models_want():
    body = json.loads(answer("verbose_json").body)
    verbose = TranscriptionVerbose.model_validate(body, strict=True)

    assert verbose.segments is not None
    assert [(s.start, s.end, s.text) for s in verbose.segments] == [
        (0.0, 1.5, "Hello there."),
        (3_661.002, 3_662.0, "Bye --> now."),
    ]
    assert verbose.segments[0].avg_logprob == pytest.approx(-0.105, abs=0.001)


def test_text_is_the_plain_text():
    plain = answer("text")

    assert plain.body == b"Hello there. Bye --> now.\n"
    assert plain.media_type == "text/plain"


def test_srt_counts_from_one_and_writes_commas():
    assert srt(SEGMENTS) == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello there.\n\n"
        "2\n01:01:01,002 --> 01:01:02,000\nBye --> now.\n\n"
    )


def test_vtt_has_a_head_and_no_arrow_in_a_text():
    assert vtt(SEGMENTS) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nHello there.\n\n"
        "01:01:01.002 --> 01:01:02.000\nBye -> now.\n\n"
    )


@pytest.mark.parametrize("response_format", ["json", "text", "verbose_json", "srt", "vtt"])
def test_a_recording_without_words_is_no_error(response_format):
    assert answer(response_format, ()).status_code == 200
