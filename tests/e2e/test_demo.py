"""``voice demo`` as a newcomer runs it, and what can be heard in the files that it writes."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.cli_kit import Shell, assert_failed
from voice.audio.pcm import Pcm, Resampler
from voice.audio.ports import RATE_HZ
from voice.engines.stt import MoonshineStt


def channels(path: Path) -> list[Pcm]:
    """Return the channels of a WAV file of ours."""
    with wave.open(str(path), "rb") as file:
        assert file.getframerate() == RATE_HZ
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return list(samples.reshape(-1, file.getnchannels()).T)


async def recognised(stt: MoonshineStt, pcm: Pcm) -> str:
    resampler = Resampler(RATE_HZ, 16_000, "high")
    # The recogniser allows so many tokens a second, and "5:10 p.m." has a lot of them.
    silence = np.zeros(RATE_HZ, np.int16)
    heard = np.concatenate([resampler.push(np.concatenate([pcm, silence])), resampler.flush()])
    return (await stt.transcribe(heard)).text.lower()


def spans(track: Pcm) -> list[tuple[int, int]]:
    """Return where a track sounds, in samples; pauses of a second part two spans."""
    loud = np.flatnonzero(np.abs(track.astype(np.int32)) > 500)
    cuts = np.flatnonzero(np.diff(loud) > RATE_HZ)
    starts = [loud[0], *loud[cuts + 1]]
    ends = [*loud[cuts], loud[-1]]
    return list(zip(starts, ends, strict=True))


@pytest.mark.timeout(40)
async def test_demo_asks_two_questions_and_both_answers_can_be_heard(tmp_path: Path) -> None:
    ran = Shell(tmp_path).voice("demo", "--out", "heard", limit_s=38)
    assert ran.status == 0, ran.err
    lines = ran.out.splitlines()
    assert "You        What time is it in Tokyo?" in lines
    assert 'Tool       get_time(place="Tokyo")' in lines
    assert any(line.startswith("           → ") and "Asia/Tokyo" in line for line in lines)
    assert sum(line.startswith("Assistant  ") for line in lines) == 2
    assert sum("end of speech 0" in line and "last audio" in line for line in lines) == 2
    assert any("voice talk" in line for line in lines)

    user, assistant = channels(tmp_path / "heard" / "conversation.wav")
    (reply,) = channels(tmp_path / "heard" / "reply.wav")
    (question_1, question_2), (answer_1, answer_2) = spans(user), spans(assistant)
    # Nobody speaks over anybody: question, answer, question, answer.
    assert question_1[1] < answer_1[0] < answer_1[1] < question_2[0]
    assert question_2[1] < answer_2[0]
    stt = MoonshineStt()
    try:
        assert "tokyo" in await recognised(stt, assistant[answer_1[0] : answer_1[1]])
        assert "voice assistant" in await recognised(stt, assistant[answer_2[0] :])
        assert "tokyo" in await recognised(stt, reply[: 3 * RATE_HZ])
    finally:
        stt.close()


def test_demo_that_cannot_write_says_so_at_once(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    assert_failed(Shell(tmp_path).voice("demo"), 2, "cannot write to out")
