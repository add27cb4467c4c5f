"""``voice ask`` with real engines, a real server and real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.cli_kit import Shell, assert_failed, fixture
from voice.audio.files import read_audio, write_wav
from voice.audio.pcm import Pcm, Resampler
from voice.audio.ports import RATE_HZ
from voice.engines.stt import MoonshineStt

REPORT_KEYS = {"turns", "reply_wav", "usage", "cost"}
TURN_KEYS = {
    "user_text",
    "assistant_text",
    "tools",
    "latency_ms",
    "interrupted",
    "audio_ms",
    "usage",
    "cost",
}
LATENCY_KEYS = {"end_of_speech_to_transcript", "to_first_token", "to_first_audio"}


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve once for all tests of this module."""
    process = Shell(tmp_path_factory.mktemp("server")).start("serve", "--port", "0")
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith("voice: ready at ws://"), ready
    yield ready.split()[-1]
    process.terminate()
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 0, errors


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


async def recognised(path: Path) -> str:
    """Return what the speech recogniser hears in a file."""
    resampler = Resampler(RATE_HZ, 16_000, "high")
    # The recogniser allows so many tokens a second, and "5:10 p.m." has a lot of them.
    spoken = np.concatenate([read_audio(path), pause(1.0)])
    pcm = np.concatenate([resampler.push(spoken), resampler.flush()])
    stt = MoonshineStt()
    try:
        return (await stt.transcribe(pcm)).text.lower()
    finally:
        stt.close()


def pause(seconds: float) -> Pcm:
    return np.zeros(int(seconds * RATE_HZ), np.int16)


async def test_spoken_question_gets_a_spoken_answer_from_a_tool(
    shell: Shell, server_url: str, tmp_path: Path
) -> None:
    ran = shell.voice(
        "ask", fixture("demo_question_1"), "--url", server_url, "--json", "--out", "reply.wav"
    )
    assert ran.status == 0, ran.err
    report = ran.report
    assert set(report) == REPORT_KEYS
    assert report["reply_wav"] == "reply.wav"
    (turn,) = report["turns"]
    assert set(turn) == TURN_KEYS
    assert set(turn["latency_ms"]) == LATENCY_KEYS
    assert turn["user_text"] == "What time is it in Tokyo?"
    (use,) = turn["tools"]
    assert use["name"] == "get_time"
    assert use["arguments"] == {"place": "Tokyo"}
    assert "Asia/Tokyo" in use["output"]
    assert "Tokyo" in turn["assistant_text"]
    assert (turn["cost"], report["cost"]) == (None, None)
    assert turn["usage"] == report["usage"]
    assert turn["usage"]["text_out"] > 3
    assert 500 < turn["audio_ms"] < 10_000
    latency_ms = turn["latency_ms"]
    assert 0 < latency_ms["end_of_speech_to_transcript"] <= latency_ms["to_first_token"]
    assert latency_ms["to_first_token"] <= latency_ms["to_first_audio"] < 5_000
    assert "tokyo" in await recognised(tmp_path / "reply.wav")


def test_files_and_texts_are_taken_in_their_order(shell: Shell, server_url: str) -> None:
    ran = shell.voice(
        *("ask", "--text", "What is 3 times 4?", fixture("add_milk"), "--text=What time is it?"),
        *(fixture("read_list"), "--url", server_url, "--json", "--fast"),
    )
    assert ran.status == 0, ran.err
    turns = ran.report["turns"]
    assert [turn["user_text"].lower().rstrip(".?") for turn in turns] == [
        "what is 3 times 4",
        "add milk to the shopping list",
        "what time is it",
        "what is on my shopping list",
    ]
    assert "12" in turns[0]["assistant_text"]
    assert "milk" in turns[3]["assistant_text"].lower()
    assert ran.report["reply_wav"] is None


def test_answer_that_is_spoken_over_is_cut_to_what_was_heard(
    shell: Shell, server_url: str, tmp_path: Path
) -> None:
    question, stop = read_audio(fixture("hello_who_are_you")), read_audio(fixture("stop"))
    write_wav(tmp_path / "both.wav", np.concatenate([question, pause(2.0), stop]), RATE_HZ)
    ran = shell.voice("ask", "both.wav", "--url", server_url, "--json")
    assert ran.status == 0, ran.err
    first = ran.report["turns"][0]
    assert first["interrupted"]
    assert first["assistant_text"].startswith("I am a voice assistant")
    assert not first["assistant_text"].rstrip().endswith(".")
    assert 500 < first["audio_ms"] < 3_000


def test_lines_for_people_show_question_tool_answer_and_times(
    shell: Shell, server_url: str
) -> None:
    ran = shell.voice("ask", fixture("timer_ten_minutes"), "--url", server_url, "--fast")
    assert ran.status == 0, ran.err
    lines = ran.out.splitlines()
    assert any(line.startswith("You        Set a timer for") for line in lines)
    assert any(line.startswith("Tool       set_timer(") for line in lines)
    assert any(line.startswith("Assistant  ") for line in lines)
    assert any("end of speech 0" in line and "first audio" in line for line in lines)


def test_endpoint_is_offered_no_tools_where_none_are_wanted(shell: Shell, server_url: str) -> None:
    ran = shell.voice(
        *("ask", "--text", "What time is it in Tokyo?", "--url", server_url, "--json"),
        *("--no-tools", "--fast"),
    )
    assert ran.status == 0, ran.err
    (turn,) = ran.report["turns"]
    assert turn["tools"] == []


def test_turns_without_detection_end_with_the_file(shell: Shell, server_url: str) -> None:
    ran = shell.voice(
        *("ask", fixture("demo_question_1"), "--url", server_url, "--json", "--fast"),
        *("--set", "session.turn_detection=none"),
    )
    assert ran.status == 0, ran.err
    (turn,) = ran.report["turns"]
    assert turn["user_text"] == "What time is it in Tokyo?"
    assert "Tokyo" in turn["assistant_text"]


def test_answer_may_be_text_alone(shell: Shell, server_url: str) -> None:
    ran = shell.voice(
        *("ask", "--text", "What is 3 times 4?", "--url", server_url, "--json"),
        *("--set", "session.modalities=text", "--out", "reply.wav"),
    )
    assert ran.status == 0, ran.err
    (turn,) = ran.report["turns"]
    assert "12" in turn["assistant_text"]
    assert (turn["audio_ms"], ran.report["reply_wav"]) == (0, None)


def test_own_server_is_started_where_no_url_is_given(shell: Shell) -> None:
    ran = shell.voice("ask", "--text", "What is 3 times 4?", "--json")
    assert ran.status == 0, ran.err
    assert "12" in ran.report["turns"][0]["assistant_text"]


@pytest.mark.parametrize("name", ["silence", "noise"])
def test_file_without_speech_is_told_in_one_line(shell: Shell, server_url: str, name: str) -> None:
    ran = shell.voice("ask", fixture(name), "--url", server_url, "--fast")
    assert_failed(ran, 1, "no speech was heard in")


def test_json_of_a_file_without_speech_is_still_one_object(shell: Shell, server_url: str) -> None:
    ran = shell.voice("ask", fixture("silence"), "--url", server_url, "--json", "--fast")
    assert_failed(ran, 1, "no speech was heard in")
    (turn,) = ran.report["turns"]
    assert (turn["user_text"], turn["assistant_text"]) == ("", "")
