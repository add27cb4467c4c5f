import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.server.serving_kit import engines, server, until
from tests.ui.still_card import StillCard
from voice.audio.files import FileMicrophone, FileSpeaker
from voice.audio.ports import RATE_HZ
from voice.client.session import Session
from voice.core.client_inputs import Button
from voice.engines.scripted import ScriptedReply, tone
from voice.errors import DeviceError
from voice.settings import Settings, load_settings
from voice.ui import talk as talk_module
from voice.ui.talk import talk

Shown = Callable[[str], Awaitable[None]]


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("VOICE_TOOLS__DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)


@pytest.fixture
def keyboard() -> Iterator[int]:
    """Replace standard input; what is written to the pipe is typed."""
    read_end, write_end = os.pipe()
    before = os.dup(0)
    os.dup2(read_end, 0)
    os.close(read_end)
    yield write_end
    os.close(write_end)
    os.dup2(before, 0)
    os.close(before)


@pytest.fixture
def microphone(monkeypatch: pytest.MonkeyPatch) -> FileMicrophone:
    """Let ``talk`` find devices that play by the clock instead of a sound card."""
    found = FileMicrophone(pace="fast")
    card = StillCard(found, FileSpeaker(pace="fast"))
    monkeypatch.setattr(talk_module, "open_hands_free", lambda settings: card)
    return found


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Shown:
    """Wait until a text was printed."""
    pieces: list[str] = []

    def is_there(text: str) -> bool:
        pieces.append(capsys.readouterr().out)
        return text in "".join(pieces)

    async def wait(text: str) -> None:
        await until(lambda: is_there(text))

    return wait


def settings(url: str) -> Settings:
    return load_settings(overrides={"endpoint.url": url})


async def cancelled(talking: asyncio.Task[int]) -> None:
    """End a conversation as Ctrl-C does."""
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talking


async def test_spoken_and_typed_turns_are_answered(
    keyboard: int, microphone: FileMicrophone, shown: Shown
) -> None:
    bundle = engines(replies=["Spoken answer.", "Typed answer."], heard=["Spoken question."])
    async with server(bundle) as running:
        talking = asyncio.create_task(talk(settings(running.url)))
        await shown("Ctrl-C ends the conversation")
        microphone.say(tone(600, rate_hz=RATE_HZ))
        await shown("You        Spoken question.")
        await shown("Assistant  Spoken answer.")
        await shown("Listening with 'Built-in Microphone', speaking with 'Built-in Speaker'.")
        os.write(keyboard, b"\n Typed question.\n")
        await shown("Assistant  Typed answer.")
        await cancelled(talking)


async def test_a_hang_up_phrase_ends_the_conversation_once_its_answer_was_heard(
    keyboard: int, microphone: FileMicrophone, shown: Shown
) -> None:
    bundle = engines(replies=["See you soon."], heard=["Okay, goodbye."])
    async with server(bundle) as running:
        talking = asyncio.create_task(talk(settings(running.url)))
        await shown("Ctrl-C ends the conversation")
        microphone.say(tone(600, rate_hz=RATE_HZ))
        await shown("Assistant  See you soon.")
        await shown("(the conversation ends: a hang-up phrase was said)")
        async with asyncio.timeout(5):
            assert await talking == 0


async def test_enter_alone_interrupts(
    keyboard: int, microphone: FileMicrophone, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[Button] = []
    monkeypatch.setattr(Session, "press", lambda self, button: pressed.append(button))
    async with server(engines()) as running:
        talking = asyncio.create_task(talk(settings(running.url)))
        await shown("Enter alone interrupts")
        os.write(keyboard, b"\n")
        await until(lambda: pressed == [Button.INTERRUPT])
        await cancelled(talking)


async def test_enter_is_the_talk_button_where_one_is_wanted(
    keyboard: int, microphone: FileMicrophone, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed: list[Button] = []
    monkeypatch.setattr(Session, "press", lambda self, button: pressed.append(button))
    wanted = {"hands_free.push_to_talk": "hold"}
    async with server(engines()) as running:
        wanted["endpoint.url"] = running.url
        talking = asyncio.create_task(talk(load_settings(overrides=wanted)))
        await shown("Press Enter and speak")
        os.write(keyboard, b"\n\n")
        await until(lambda: pressed == [Button.TALK_DOWN, Button.TALK_UP])
        await cancelled(talking)


async def test_conversation_goes_on_after_a_failed_answer(
    keyboard: int, microphone: FileMicrophone, shown: Shown
) -> None:
    replies = [ScriptedReply(error="the model is on fire"), "Better now."]
    async with server(engines(replies=replies)) as running:
        talking = asyncio.create_task(talk(settings(running.url)))
        os.write(keyboard, b"One\n")
        await shown("Error      the model is on fire")
        os.write(keyboard, b"Two\n")
        await shown("Assistant  Better now.")
        await cancelled(talking)


async def test_lost_connection_is_told_and_the_conversation_goes_on(
    keyboard: int, microphone: FileMicrophone, shown: Shown
) -> None:
    async with server(engines(replies=["Before.", "After."])) as running:
        talking = asyncio.create_task(talk(settings(running.url)))
        await shown("Ctrl-C ends the conversation")
        os.write(keyboard, b"One\n")
        await shown("Assistant  Before.")
        for connection in list(running.state.connections):
            connection.close(1001, "Enough.")
        await shown("connected again; the conversation goes on)")
        os.write(keyboard, b"Two\n")
        await shown("Assistant  After.")
        await cancelled(talking)


async def test_missing_sound_card_is_told_before_anything_is_started() -> None:
    missing = load_settings(overrides={"audio.input": "no such microphone at all"})
    with pytest.raises(DeviceError):
        await talk(missing)
