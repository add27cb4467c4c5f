"""Speech and transcription over HTTP with the real engines and the official client."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import openai
import pytest

import audio_fixtures
from tests.e2e.cli_kit import Shell
from voice.audio.ffmpeg import find_ffmpeg

TOKEN = "a-long-random-string"
SENTENCES = (
    "The quick brown fox jumps over the lazy dog. "
    "Please remind me to call my mother tomorrow morning."
)
COMPRESSED = [
    pytest.param(name, marks=pytest.mark.skipif(find_ffmpeg() is None, reason="needs ffmpeg"))
    for name in ("mp3", "opus", "flac")
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    shell = Shell(tmp_path_factory.mktemp("one-shots"))
    process: subprocess.Popen[str] = shell.start("serve", "--port", "0", VOICE_SERVER__TOKEN=TOKEN)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("voice: ready at ws://"), line
        yield line.split()[-1].replace("ws://", "http://").removesuffix("/realtime")
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def client(server: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server, api_key=TOKEN, max_retries=0, timeout=15) as client:
        yield client


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.mark.parametrize("audio_format", ["wav", *COMPRESSED])
def test_what_is_spoken_is_recognised_again(client: openai.OpenAI, audio_format: str) -> None:
    spoken = client.audio.speech.create(
        model="tts-1",
        voice="alloy",
        input=f"## Hello\n\n{SENTENCES}",
        response_format=audio_format,  # type: ignore[arg-type]
    )

    heard = client.audio.transcriptions.create(
        model="whisper-1", file=(f"speech.{audio_format}", spoken.content)
    )

    assert words(heard.text) == words(f"Hello. {SENTENCES}")


def test_speech_is_streamed(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=SENTENCES * 5, response_format="pcm", speed=1.2
    ) as answer:
        sizes = [len(part) for part in answer.iter_bytes()]

    assert len(sizes) > 3
    assert sum(sizes) % 2 == 0
    assert 10 < sum(sizes) / 48_000 < 60


def test_a_recorded_question_is_written_down_with_its_times(client: openai.OpenAI) -> None:
    name = "alarm_half_past_seven"
    with audio_fixtures.path(name).open("rb") as file:
        heard = client.audio.transcriptions.create(
            model="whisper-1", file=file, response_format="verbose_json", language="en"
        )

    assert words(heard.text) == words(audio_fixtures.transcript(name))
    assert heard.segments
    assert 0 <= heard.segments[0].start < heard.segments[-1].end <= heard.duration


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]

    assert len(names) == len(set(names)) == 3  # what thinks, what hears, what speaks
    for name in names:
        assert client.models.retrieve(name).id == name


def test_an_unknown_language_is_a_bad_request(client: openai.OpenAI) -> None:
    with audio_fixtures.path("alarm_half_past_seven").open("rb") as file:
        with pytest.raises(openai.BadRequestError, match="English"):
            client.audio.transcriptions.create(model="whisper-1", file=file, language="de")


def test_a_wrong_key_is_an_authentication_error(server: str) -> None:
    with openai.OpenAI(base_url=server, api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError):
            client.models.list()
