"""A session with the server that the application starts for itself, in this process's own loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from voice.app import open_session
from voice.audio.files import FileMicrophone, FileSpeaker
from voice.core.updates import (
    AssistantTranscript,
    EndpointChanged,
    Reconnected,
    ResponseFinished,
)
from voice.protocol.endpoints import EndpointKind
from voice.settings import Settings, load_settings
from voice.testing.endpoint import Peer, ScriptedEndpoint


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("VOICE_CONFIG", raising=False)
    return load_settings(overrides={"tools.data_dir": str(tmp_path / "data")})


def children() -> set[int]:
    """Return the processes that this one has started and not yet seen end."""
    own = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for task in own.iterdir() for pid in (task / "children").read_text().split()}


async def test_session_is_ready_answers_and_leaves_no_process_behind(settings: Settings) -> None:
    async with open_session(
        settings, microphone=FileMicrophone(), speaker=FileSpeaker(pace="fast")
    ) as opened:
        assert opened.endpoint.kind is EndpointKind.LOCAL
        updates = opened.session.updates()
        opened.session.send_text("What is 3 times 4?")
        said: list[str] = []
        async with asyncio.timeout(10):
            while not any("12" in text for text in said):
                update = await anext(updates)
                if isinstance(update, AssistantTranscript) and update.is_final:
                    said.append(update.text)
        if sys.platform == "linux":
            assert len(children()) == 1
    if sys.platform == "linux":
        assert children() == set()


async def test_announcement_of_a_tool_is_spoken(settings: Settings) -> None:
    async with open_session(
        settings, microphone=FileMicrophone(), speaker=FileSpeaker(pace="fast")
    ) as opened:
        updates = opened.session.updates()
        opened.session.send_text("Set a timer for 2 seconds.")
        said: list[str] = []
        responses = 0
        async with asyncio.timeout(15):
            while responses < 3:
                match await anext(updates):
                    case AssistantTranscript(is_final=True, text=text):
                        said.append(text)
                    case ResponseFinished():
                        responses += 1
    # The call, its answer, and the announcement two seconds later.
    assert len(said) == 2
    assert "timer" in said[1].lower()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process list of Linux")
async def test_server_that_dies_is_started_again_and_the_conversation_goes_on(
    settings: Settings,
) -> None:
    async with open_session(
        settings, microphone=FileMicrophone(), speaker=FileSpeaker(pace="fast")
    ) as opened:
        updates = opened.session.updates()
        (pid,) = children()
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not isinstance(await anext(updates), Reconnected):
                pass
        opened.session.send_text("What is 3 times 4?")
        said = ""
        async with asyncio.timeout(10):
            while "12" not in said:
                update = await anext(updates)
                if isinstance(update, AssistantTranscript) and update.is_final:
                    said = update.text
    assert children() == set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process list of Linux")
async def test_own_server_takes_over_from_an_endpoint_that_is_gone(settings: Settings) -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.expect("conversation.item.create")
        peer.tolerate("response.create")
        cloud.refuse_next(503, for_ever=True)
        peer.drop()

    async with ScriptedEndpoint(script) as cloud:
        changes = {"url": cloud.url, "fallback": "embedded"}
        endpoint = settings.endpoint.model_copy(update=changes)
        async with open_session(
            settings.model_copy(update={"endpoint": endpoint}),
            microphone=FileMicrophone(),
            speaker=FileSpeaker(pace="fast"),
        ) as opened:
            updates = opened.session.updates()
            assert children() == set()
            opened.session.send_text("What is 3 times 4?")
            said, names = "", []
            async with asyncio.timeout(25):
                while "12" not in said:
                    update = await anext(updates)
                    if isinstance(update, EndpointChanged):
                        names.append(update.name)
                    if isinstance(update, AssistantTranscript) and update.is_final:
                        said = update.text
                while "out of reach" not in said:
                    update = await anext(updates)
                    if isinstance(update, AssistantTranscript) and update.is_final:
                        said = update.text
            assert names == ["the server on this device"]
    assert children() == set()
