"""LiteLLM's realtime relay between our client and our server.

A guardrail reads what is said, so the relay takes ``create_response`` away and asks for every
response to speech itself.
"""

from __future__ import annotations

import pytest

from tests.e2e.cli_kit import Shell, assert_failed, fixture
from tests.foreign.foreign_kit import (
    Place,
    ask,
    check_interruption,
    check_reconnect,
    doctor,
    needs,
    talking,
)
from voice.core.updates import SessionReady

pytestmark = needs("litellm")

QUESTION = fixture("demo_question_1")


@pytest.mark.parametrize("header", ["false", "true"])
def test_a_text_turn_and_a_spoken_one_with_a_tool(shell: Shell, relay: Place, header: str) -> None:
    place = relay.with_(endpoint__beta_header=header)

    typed, spoken = ask(shell, place, "Hello, who are you?", QUESTION)

    assert "assistant" in typed["assistant_text"]
    assert "tokyo" in spoken["user_text"].lower()
    assert [tool["name"] for tool in spoken["tools"]] == ["get_time"]
    assert "in Tokyo" in spoken["assistant_text"]
    assert spoken["audio_ms"] > 800


async def test_the_relay_answers_for_the_endpoint(relay: Place) -> None:
    async with talking(relay) as talk:
        ready = await talk.until(SessionReady)
    audio = ready.session.audio
    assert audio is not None and audio.input is not None
    detection = audio.input.turn_detection
    assert detection is not None and getattr(detection, "create_response", None) is False


def test_a_turn_that_the_guardrail_stops_is_told_and_the_next_is_answered(
    shell: Shell, relay: Place
) -> None:
    ran = shell.voice(
        "ask", *relay.flags, str(fixture("tell_me_a_joke")), str(QUESTION), "--json",
        VOICE_ENDPOINT__API_KEY=relay.key or "",
    )  # fmt: skip

    turns = ran.report["turns"]
    assert "joke" in turns[0]["user_text"].lower(), ran.err
    assert "in Tokyo" in turns[-1]["assistant_text"], ran.report


def test_the_doctor_finds_nothing_to_mend(shell: Shell, relay: Place) -> None:
    ran = doctor(shell, relay)
    assert ran.status == 0, ran.out + ran.err
    assert "1 offered: voice" in ran.out


def test_a_wrong_key_is_named_and_not_tried_again(shell: Shell, relay: Place) -> None:
    wrong = {"VOICE_ENDPOINT__API_KEY": "sk-wrong"}
    ran = shell.voice("ask", *relay.flags, "--text", "Hello", **wrong)
    assert_failed(ran, 3, "refused the key")


async def test_an_interrupted_answer_does_not_hinder_the_next(relay: Place) -> None:
    await check_interruption(relay, "Hello, who are you?", "What is 15 percent of 80?")


async def test_a_connection_that_breaks_comes_back_with_the_conversation(relay: Place) -> None:
    before, after, back = await check_reconnect(relay, "Hello, who are you?", "Who are you?")
    assert "assistant" in before
    assert "assistant" in after
    assert back.restored == "full"
