"""Recordings to text over HTTP."""

import asyncio
import json
import re
import tempfile

import httpx2 as httpx
import pytest

from tests.server.page_kit import error_of, origin, pages, recording
from tests.server.serving_kit import engines, server, until
from voice.engines.ports import Transcript
from voice.engines.scripted import ScriptedStt
from voice.errors import EngineError
from voice.server import transcription_page
from voice.server.one_shots import ONE_SHOTS
from voice.server.transcription_page import read_transcription_request

PAGE = "/v1/audio/transcriptions"
TWO_TURNS = recording(1_000, 1_500, 1_000)


def upload(data=TWO_TURNS, name="a.wav"):
    return {"file": (name, data, "audio/wav")}


async def transcribe(*heard, data=TWO_TURNS, **fields):
    bundle = engines(heard=heard)
    async with server(bundle) as running, pages(running) as client:
        answer = await client.post(PAGE, files=upload(data), data={"model": "whisper-1"} | fields)
        assert running.state.one_shots.in_hand == 0
    return answer, bundle


async def test_each_stretch_of_speech_is_recognised_and_silence_is_not():
    answer, bundle = await transcribe("Hello there.", "How are you?")

    assert answer.json() == {
        "text": "Hello there. How are you?",
        "usage": {"type": "duration", "seconds": 3.5},
    }
    assert [samples / 16_000 for samples in bundle.stt.heard_samples] == pytest.approx(
        [1.25, 1.25], abs=0.1
    )


async def test_silence_is_no_words_and_no_work():
    answer, bundle = await transcribe("never", data=recording(0, 3_000))

    assert answer.json()["text"] == ""
    assert bundle.stt.heard_samples == []


@pytest.mark.parametrize(
    ("response_format", "media_type", "start"),
    [
        ("text", "text/plain", "Hello there. How"),
        ("srt", "application/x-subrip", "1\n00:00:00,000 --> 00:00:01,"),
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:01."),
    ],
)
async def test_other_shapes(response_format, media_type, start):
    answer, _ = await transcribe("Hello there.", "How are you?", response_format=response_format)

    assert answer.headers["content-type"].startswith(media_type)
    assert answer.text.startswith(start)


async def test_verbose_json_tells_where_each_stretch_lies():
    answer, _ = await transcribe("Hello.", "Bye.", response_format="verbose_json")

    segments = answer.json()["segments"]
    assert [segment["text"] for segment in segments] == ["Hello.", "Bye."]
    assert [segment["start"] for segment in segments] == pytest.approx([0.0, 2.25], abs=0.1)
    assert answer.json()["duration"] == 3.5


async def test_a_streamed_answer_comes_as_deltas_and_an_end():
    answer, _ = await transcribe("Hello.", "Bye.", stream="true")

    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.split("\n\n") if line]
    assert [event["type"] for event in events] == [
        "transcript.text.delta",
        "transcript.text.delta",
        "transcript.text.done",
    ]
    assert events[0]["delta"] + events[1]["delta"] == events[2]["text"] == "Hello. Bye."


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "poem"}, "response_format"),
        ({"timestamp_granularities[]": "word"}, "timestamp_granularities"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": "nan"}, "temperature"),
        ({"temperature": "2"}, "temperature"),
        ({"stream": "maybe"}, "stream"),
    ],
)
async def test_a_bad_field_is_named(fields, param):
    answer, _ = await transcribe(**fields)

    assert error_of(answer, 400)["param"] == param


def test_fields_that_change_nothing_here_are_taken():
    fields = {"prompt": "Names: Ann", "temperature": "0.3", "language": "en", "include[]": "x"}

    assert read_transcription_request(fields).language == "en"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"not audio at all", "known kind"),
        (TWO_TURNS[:40], "damaged"),
        (b"ID3\x04" + bytes(100), "damaged|ffmpeg"),
    ],
)
async def test_a_broken_file_says_why(data, words):
    answer, _ = await transcribe(data=data)

    error = error_of(answer, 400)
    assert error["param"] == "file"
    assert re.search(words, error["message"])


async def test_a_recording_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(transcription_page, "UPLOAD_S", 3.0)
    answer, _ = await transcribe()

    assert "longer than" in error_of(answer, 400)["message"]


async def test_a_file_is_wanted():
    async with server() as running, pages(running) as client:
        no_form = await client.post(PAGE, json={"file": "x"})
        no_file = await client.post(PAGE, files={"other": ("a", b"x")})
        as_text = await client.post(PAGE, data={"file": "text"}, files={"x": ("a", b"x")})

    assert error_of(no_form, 400)["code"] == "invalid_content_type"
    for answer in (no_file, as_text):
        assert error_of(answer, 400)["code"] == "missing_required_parameter"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"\x00" * 1_000),
        ("multipart/form-data; boundary=b; charset=nonsense", b"--b--"),
    ],
)
async def test_a_broken_form_is_400(content_type, body):
    async with server() as running, pages(running) as client:
        headers = {"Content-Type": content_type}
        error_of(await client.post(PAGE, content=body, headers=headers), 400)
        assert running.state.one_shots.in_hand == 0


async def test_a_form_with_too_many_parts_is_400():
    files = [("file", (f"{n}.wav", b"x")) for n in range(3)]
    async with server() as running, pages(running) as client:
        few = error_of(await client.post(PAGE, files=files), 400)
        fields = {f"f{n}": "x" for n in range(100)}
        many = error_of(await client.post(PAGE, files=upload(), data=fields), 400)
        long = error_of(await client.post(PAGE, files=upload(), data={"p": "x" * 70_000}), 400)

    assert {few["code"], many["code"], long["code"]} == {"invalid_multipart"}


async def test_an_upload_that_is_too_large_is_413(monkeypatch):
    monkeypatch.setattr(transcription_page, "UPLOAD_BYTES", 100_000)
    async with server() as running, pages(running) as client:
        with_length = await client.post(PAGE, files=upload(bytes(500_000)))

    assert error_of(with_length, 413)["code"] == "request_too_large"


async def test_an_upload_never_touches_the_disk(monkeypatch):
    def no_disk(*_, **__):
        raise AssertionError("a file was opened")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_disk)
    # Three times what Starlette's own parser keeps in memory.
    answer, _ = await transcribe("Hello.", data=recording(100_000))

    assert answer.json()["text"] == "Hello."


class PickyStt(ScriptedStt):
    """Knows English only, as the built-in recogniser does."""

    async def transcribe(self, pcm, *, language=None):
        if language not in (None, "en"):
            raise EngineError(f"English only, not {language!r}")
        return await super().transcribe(pcm, language=language)


async def test_a_language_that_the_recogniser_does_not_know_is_named():
    bundle = engines()
    object.__setattr__(bundle, "stt", PickyStt())
    async with server(bundle) as running, pages(running) as client:
        answer = await client.post(PAGE, files=upload(), data={"language": "de"})

    error = error_of(answer, 400)
    assert error["param"] == "language"
    assert "'de'" in error["message"]


async def test_translation_says_that_there_is_none():
    async with server() as running, pages(running) as client:
        answer = await client.post("/v1/audio/translations", files=upload())

    assert "transcriptions" in error_of(answer, 404)["message"]


async def test_a_request_too_many_is_503_with_a_time_to_come_back():
    async with server() as running, pages(running) as client:
        running.state.one_shots.in_hand = ONE_SHOTS
        answer = await client.post(PAGE, files=upload())
        running.state.one_shots.in_hand = 0

    assert error_of(answer, 503)["code"] == "busy"
    assert answer.headers["retry-after"] == "2"


class SlowStt(ScriptedStt):
    """Waits for leave with each turn, and counts how many wait at once."""

    def __init__(self):
        super().__init__()
        self.leave = asyncio.Event()
        self.at_once = self.most_at_once = self.calls = 0

    async def transcribe(self, pcm, *, language=None):
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.leave.wait()
        finally:
            self.at_once -= 1
        return Transcript("word")


async def test_one_stretch_is_recognised_at_a_time_for_all_requests_together():
    bundle = engines()
    stt = SlowStt()
    object.__setattr__(bundle, "stt", stt)
    async with server(bundle) as running, pages(running) as client:
        work = [asyncio.create_task(client.post(PAGE, files=upload())) for _ in range(3)]
        await until(lambda: running.state.one_shots.in_hand == 3 and stt.calls)
        stt.leave.set()
        answers = await asyncio.gather(*work)

    assert {answer.json()["text"] for answer in answers} == {"word word"}
    assert stt.most_at_once == 1


async def test_a_client_that_leaves_ends_the_work():
    bundle = engines()
    stt = SlowStt()
    object.__setattr__(bundle, "stt", stt)
    async with server(bundle) as running:
        async with httpx.AsyncClient(base_url=origin(running)) as client:
            work = asyncio.create_task(client.post(PAGE, files=upload()))
            await until(lambda: stt.calls == 1)
            work.cancel()
            await asyncio.wait({work})
        stt.leave.set()
        await until(lambda: running.state.one_shots.in_hand == 0)

    assert stt.calls <= 2
