"""Text to speech over HTTP."""

import asyncio
import base64
import json

import httpx2 as httpx
import numpy as np
import pytest

from tests.server.page_kit import error_of, pages
from tests.server.serving_kit import engines, server, until
from voice.audio.ffmpeg import decode, demuxer_of, find_ffmpeg
from voice.engines.scripted import ScriptedTts
from voice.errors import EngineError
from voice.server.one_shots import ONE_SHOTS
from voice.server.speech_page import read_speech_request

NEEDS_FFMPEG = pytest.mark.skipif(find_ffmpeg() is None, reason="ffmpeg is not installed")
PAGE = "/v1/audio/speech"
WORD_BYTES = 4_800
"""A word of the scripted voice: 100 ms of PCM16 at 24 kHz."""


def body(**fields):
    return {"model": "tts-1", "voice": "tone", "input": "one two three"} | fields


async def test_pcm_is_the_words_and_nothing_else():
    async with server() as running, pages(running) as client:
        answer = await client.post(PAGE, json=body(response_format="pcm"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/pcm"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.content) == 3 * WORD_BYTES


async def test_wav_is_a_header_of_unknown_length_and_the_same_samples():
    async with server() as running, pages(running) as client:
        answer = await client.post(PAGE, json=body(response_format="wav"))

    assert answer.headers["content-type"] == "audio/wav"
    assert answer.content[:8] == b"RIFF\xff\xff\xff\xff"
    assert len(answer.content) == 44 + 3 * WORD_BYTES


@NEEDS_FFMPEG
@pytest.mark.parametrize(
    ("audio_format", "media_type"),
    [
        ("mp3", "audio/mpeg"),
        ("opus", "audio/ogg"),
        ("aac", "audio/aac"),
        ("flac", "audio/flac"),
        (None, "audio/mpeg"),
    ],
)
async def test_compressed_speech_is_as_long_as_the_words(audio_format, media_type):
    async with server() as running, pages(running) as client:
        answer = await client.post(PAGE, json=body(response_format=audio_format))

    assert answer.headers["content-type"] == media_type
    demuxer = demuxer_of(answer.content[:16])
    assert demuxer is not None
    heard = await decode(answer.content, demuxer, rate_hz=24_000, longest_s=10)
    assert heard.size / 24_000 == pytest.approx(0.3, abs=0.1)


async def test_without_ffmpeg_wav_is_the_default_and_mp3_says_what_is_missing(monkeypatch):
    monkeypatch.setenv("PATH", "")
    async with server() as running, pages(running) as client:
        default = await client.post(PAGE, json=body())
        error = error_of(await client.post(PAGE, json=body(response_format="mp3")), 400)

    assert default.headers["content-type"] == "audio/wav"
    assert error["param"] == "response_format"
    assert "wav, pcm (mp3 needs the program ffmpeg" in error["message"]


async def test_text_is_cleaned_as_an_answer_is():
    bundle = engines()
    text = "# Look\n\nSee **this**: https://example.org/x?y=1 🙂"
    async with server(bundle) as running, pages(running) as client:
        await client.post(PAGE, json=body(input=text, response_format="pcm"))

    said = " ".join(bundle.tts.spoken)
    assert "this" in said
    assert "link" in said
    assert not set(said) & set("#*🙂/")


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": ""}, "input"),
        ({"input": "  "}, "input"),
        ({"input": "🙂🙂"}, "input"),
        ({"input": 5}, "input"),
        ({"input": None}, "input"),
        ({"input": "x" * 4_097}, "input"),
        ({"voice": 5}, "voice"),
        ({"model": 5}, "model"),
        ({"speed": 0.2}, "speed"),
        ({"speed": 4.1}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"response_format": "midi"}, "response_format"),
        ({"response_format": 5}, "response_format"),
        ({"response_format": ["wav"]}, "response_format"),
        ({"stream_format": "tape"}, "stream_format"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_bad_field_is_named(fields, param):
    async with server() as running, pages(running) as client:
        assert error_of(await client.post(PAGE, json=body(**fields)), 400)["param"] == param


def test_the_longest_text_is_taken():
    assert len(read_speech_request(body(input="x" * 4_096), ("tone",)).text) == 4_096


async def test_an_unknown_voice_is_the_default_one_and_the_answer_says_so():
    async with server() as running, pages(running) as client:
        answer = await client.post(PAGE, json=body(voice="alloy", response_format="pcm"))
        listed = (await client.get("/v1/audio/voices")).json()

    assert answer.headers["x-voice"] == "tone"
    assert answer.headers["x-speed"] == "1"
    assert listed == {"voices": ["tone"]}


@pytest.mark.parametrize("voice", ["bass", {"id": "bass"}])
def test_a_known_voice_is_kept(voice):
    assert read_speech_request(body(voice=voice), ("tone", "bass")).voice == "bass"


async def test_speech_as_events_is_the_same_audio_and_an_end():
    async with server() as running, pages(running) as client:
        fields = {"stream_format": "sse", "response_format": "pcm"}
        answer = await client.post(PAGE, json=body(**fields))

    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.split("\n\n") if line]
    audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert len(audio) == 3 * WORD_BYTES
    assert events[-1]["type"] == "speech.audio.done"
    assert {event["type"] for event in events[:-1]} == {"speech.audio.delta"}


class Gate:
    """Lets a known number of words through."""

    def __init__(self, words):
        self._left = words

    async def wait(self):
        if self._left == 0:
            await asyncio.Event().wait()
        self._left -= 1


async def test_the_first_words_come_before_the_last_are_made():
    async with server(engines(gate=Gate(1))) as running, pages(running) as client:
        async with client.stream("POST", PAGE, json=body(response_format="pcm")) as answer:
            first = await anext(answer.aiter_raw())
            assert len(first) == WORD_BYTES


async def test_a_client_that_leaves_stops_the_synthesis():
    async with server(engines(gate=Gate(1))) as running, pages(running) as client:
        async with client.stream("POST", PAGE, json=body(response_format="pcm")) as answer:
            await anext(answer.aiter_raw())
            assert running.state.one_shots.in_hand == 1
        await until(lambda: running.state.one_shots.in_hand == 0)
        assert not running.state.one_shots.synthesiser.locked()


async def test_a_request_too_many_is_503_with_a_time_to_come_back():
    async with server() as running, pages(running) as client:
        running.state.one_shots.in_hand = ONE_SHOTS
        answer = await client.post(PAGE, json=body())
        running.state.one_shots.in_hand = 0

    assert error_of(answer, 503)["code"] == "busy"
    assert answer.headers["retry-after"] == "2"


class BrokenTts(ScriptedTts):
    """Fails after some words."""

    def __init__(self, good_words):
        super().__init__()
        self.good_words = good_words

    async def speak(self, text, *, voice=None, speed=1.0):
        count = 0
        async for chunk in super().speak(text):
            if count == self.good_words:
                raise EngineError("the voice broke")
            count += 1
            yield chunk


async def test_an_engine_that_fails_at_once_is_503():
    bundle = engines()
    object.__setattr__(bundle, "tts", BrokenTts(0))
    async with server(bundle) as running, pages(running) as client:
        error = error_of(await client.post(PAGE, json=body(response_format="pcm")), 503)

        assert "the voice broke" in error["message"]
        assert running.state.one_shots.in_hand == 0


async def test_an_engine_that_fails_on_the_way_cuts_the_answer_off():
    bundle = engines()
    object.__setattr__(bundle, "tts", BrokenTts(2))
    async with server(bundle) as running, pages(running) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            await client.post(PAGE, json=body(response_format="pcm"))

        assert running.state.one_shots.in_hand == 0


async def test_another_rate_of_the_voice_is_brought_to_24_khz():
    bundle = engines()
    object.__setattr__(bundle, "tts", ScriptedTts(rate_hz=16_000))
    async with server(bundle) as running, pages(running) as client:
        answer = await client.post(PAGE, json=body(response_format="pcm"))

    samples = np.frombuffer(answer.content, "<i2")
    assert samples.size == pytest.approx(7_200, abs=2)
