"""Spoken requests, heard, understood by the offline brain, done by servers that others wrote."""

import asyncio
import json
import wave

import numpy as np
import pytest

from tests.e2e.cli_kit import Shell
from voice.engines.speech import load_speech


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Make a WAV file of a sentence with the built-in voice."""
    folder = tmp_path_factory.mktemp("spoken")
    speech = load_speech(seed=1)

    async def say(text):
        return np.concatenate([chunk.pcm async for chunk in speech.tts.speak(text)])

    def write(text):
        path = folder / f"{len(list(folder.iterdir()))}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(speech.tts.rate_hz)
            file.writeframes(asyncio.run(say(text)).astype("<i2").tobytes())
        return path

    yield write
    speech.close()


@pytest.mark.timeout(60)
def test_tools_of_a_node_server_are_used_by_voice(tmp_path, spoken, everything_server):
    command = json.dumps([*everything_server, "stdio"])
    (tmp_path / "voice.toml").write_text(
        f'[tools.mcp.all]\ncommand = {command}\neffect = "read"\n', "utf-8"
    )
    files = [spoken("Get the sum of two and five."), spoken("Echo message good morning.")]
    ran = Shell(tmp_path).voice("ask", *files, "--json", limit_s=50)
    assert ran.status == 0, ran.err
    turns = ran.report["turns"]
    assert [[tool["name"] for tool in turn["tools"]] for turn in turns] == [
        ["all__get-sum"],
        ["all__echo"],
    ]
    assert "The sum of 2 and 5 is 7" in turns[0]["assistant_text"]
    assert "good morning" in turns[1]["assistant_text"].lower()
