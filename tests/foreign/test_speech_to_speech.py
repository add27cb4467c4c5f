"""The protocol server of ``speech-to-speech``: GA, but ``item.created``, nulls, no truncation."""

from __future__ import annotations

from tests.e2e.cli_kit import Shell, fixture
from tests.foreign.foreign_kit import Place, ask, check_interruption, check_reconnect, doctor, needs

pytestmark = needs("speech_to_speech")


def test_a_text_turn_a_tool_and_a_spoken_turn(shell: Shell, speech_to_speech: Place) -> None:
    said = ["Hello", "How is the weather?", fixture("hello_who_are_you")]

    typed, weather, spoken = ask(shell, speech_to_speech, *said)

    assert typed["assistant_text"].startswith("I am an assistant")
    assert [tool["name"] for tool in weather["tools"]] == ["get_time"]
    assert "in Tokyo" in weather["assistant_text"]
    assert spoken["user_text"] == "Hello, who is there?"
    assert spoken["assistant_text"].startswith("I am an assistant")
    assert spoken["audio_ms"] > 800


def test_the_doctor_finds_nothing_that_hinders(shell: Shell, speech_to_speech: Place) -> None:
    ran = doctor(shell, speech_to_speech)
    assert ran.status == 0, ran.out + ran.err


async def test_an_interrupted_answer_does_not_hinder_the_next(speech_to_speech: Place) -> None:
    await check_interruption(speech_to_speech, "Hello", "Hello again")


async def test_a_connection_that_breaks_comes_back_with_the_conversation(
    speech_to_speech: Place,
) -> None:
    before, after, back = await check_reconnect(speech_to_speech, "Hello", "Hello again")
    assert "message 1" in before
    # What was said before is in the new session: this message is not its first.
    assert "message 1." not in after
    assert back.restored == "full"
