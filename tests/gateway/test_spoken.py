"""Spoken turns with a tool through the whole product, its brain a mock server of others.

``voice ask`` plays a recording to its own server; what it answers is read back by the recogniser.
"""

import asyncio

import pytest

from tests.e2e.cli_kit import Shell, fixture
from tests.gateway.spoken_kit import words_in

ONLY_THE_CLOCK = """
[tools]
profile = "clock"
[tools.profiles.clock]
allow = ["get_time"]
"""


@pytest.fixture(params=["openai", "anthropic"])
def kind(request):
    return request.param


async def ask(folder, recording, remote, kind):
    """Hold one spoken turn; return it as it is told, and the words of what sounded."""
    (folder / "voice.toml").write_text(ONLY_THE_CLOCK, "utf-8")
    ran = await asyncio.to_thread(
        Shell(folder).voice,
        "ask",
        fixture(recording),
        *("--json", "--out", folder / "reply.wav"),
        VOICE_BRAIN__KIND=kind,
        VOICE_BRAIN__BASE_URL=remote.base_urls[kind],
        VOICE_BRAIN__MODEL="m",
        VOICE_BRAIN__API_KEY="sk-canary-0123456789",
    )
    assert ran.status == 0, ran.err
    (turn,) = ran.report["turns"]
    return turn, await words_in(folder / "reply.wav")


async def test_llmock_asks_for_a_tool_and_its_answer_is_heard(llmock, kind, tmp_path):
    await llmock.order("/_llmock/reset")
    call = {"name": "get_time", "arguments": {"place": "Tokyo"}}
    answer = {"type": "reply", "text": "It is late in Tokyo, so good night."}
    said = {"behaviors": [{"type": "reply", "tool_calls": [call]}, answer]}
    await llmock.order("/_llmock/scenario", said)

    turn, words = await ask(tmp_path, "what_time_in_tokyo", llmock, kind)

    assert "time is it in tokyo" in turn["user_text"].lower()
    (tool,) = turn["tools"]
    assert (tool["name"], "Asia/Tokyo" in str(tool["output"])) == ("get_time", True)
    assert "late in tokyo" in words
    verdict = await llmock.order("/_llmock/verdict", method="GET")
    assert [f["code"] for f in verdict["findings"] if f["severity"] == "error"] == []


async def test_aimock_asks_for_a_tool_and_its_answer_is_heard(aimock, kind, tmp_path):
    turn, words = await ask(tmp_path, "weather", aimock, kind)

    assert "weather" in turn["user_text"].lower()
    (tool,) = turn["tools"]
    assert (tool["name"], "Asia/Tokyo" in str(tool["output"])) == ("get_time", True)
    assert "late in tokyo" in words
