"""A program that shows one scene of a conversation in the live view, for tests and screenshots.

``python -m tests.ui.live.driver SCENE``: the real command on the real session, against an endpoint
of this process that plays the scene and then waits. Devices are files; their meters stand still.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.ui.still_card import StillCard
from voice.errors import VoiceError
from voice.hands_free import Levels
from voice.settings import load_settings
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.testing.sound import BYTES_PER_MS
from voice.ui import talk as talk_module
from voice.ui.command import complain

QUESTION = "What will the weather be in Oslo tomorrow, and do I need an umbrella?"
ANSWER = [
    "Tomorrow Oslo will be four degrees with light rain in the morning, ",
    "so yes, take an umbrella. ",
    "In the afternoon it clears up, and the evening will be dry but cold, ",
    "with a little wind from the north.",
]
MS_PER_CHARACTER = 60

TOOLS = '''
"""Tools of a scene."""
import asyncio
from tools import tool

@tool
def get_forecast(city: str, day: str) -> str:
    """Return the weather forecast of a city.

    Args:
        city: The city.
        day: The day.
    """
    return "4 degrees, light rain until noon, then dry; wind from the north"

@tool
def draw_chart(city: str) -> str:
    """Draw the temperatures of a city.

    Args:
        city: The city.
    """
    return "The chart is at /home/ann/charts/oslo.png"

@tool
async def search_trains(start: str, end: str) -> str:
    """Search trains.

    Args:
        start: Where it begins.
        end: Where it ends.
    """
    await asyncio.Event().wait()
    return ""
'''

DEVICES = ("USB Microphone: Audio (hw:1,0)", "Built-in Speaker")

LEVELS = {
    "whole": Levels(-57.0, -14.0, False, 31.0, "full duplex"),
    "listening": Levels(-23.0, -90.0, True, 31.0, "full duplex"),
    "speaking": Levels(-58.0, -14.0, False, 31.0, "full duplex"),
    "interrupted": Levels(-20.0, -90.0, True, 31.0, "full duplex"),
    "tool": Levels(-55.0, -90.0, False, 31.0, "full duplex"),
    "reconnecting": Levels(-57.0, -90.0, False, None, "half duplex"),
}


async def pause(ms: int) -> None:
    """Let the story take its time: latencies of nothing would make a poor picture."""
    await asyncio.sleep(ms / 1_000)


async def ask(peer: Peer, item_id: str = "user_1", text: str = QUESTION) -> None:
    """Let the user ask something."""
    await peer.send(events.speech_started(item_id, len(peer.audio) // BYTES_PER_MS))
    await pause(600)
    # What an endpoint waits before it knows that a turn is over.
    ended_ms = len(peer.audio) // BYTES_PER_MS - 220
    await peer.send(events.speech_stopped(item_id, ended_ms), events.committed(item_id))
    await peer.send(events.item_added(events.user_item(item_id)))
    await pause(140)
    await peer.send(events.transcribed(item_id, text))


async def answer(peer: Peer, response: str = "r1", item: str = "a1", *, pieces: int = 4) -> None:
    """Begin an answer: a piece of text at a time, and its sound."""
    await peer.send(events.response_created(response))
    await pause(210)
    await peer.send(events.item_added(events.assistant_item(item, status="in_progress")))
    for number, text in enumerate(ANSWER[:pieces]):
        await peer.send(events.words(response, item, text))
        await pause(170 if number == 0 else 20)
        await peer.send(events.audio_delta(response, item, MS_PER_CHARACTER * len(text)))


async def finish(peer: Peer, response: str = "r1", item: str = "a1", *, pieces: int = 4) -> None:
    """End an answer."""
    text = "".join(ANSWER[:pieces])
    await peer.send(events.words_done(response, item, text), events.audio_done(response, item))
    await peer.send(events.item_done(response, events.assistant_item(item, text)))
    usage = {"input_tokens": 412, "output_tokens": 96, "total_tokens": 508}
    await peer.send(events.response_done(response, usage=usage))


async def listening(peer: Peer) -> None:
    """One turn is over, and the user speaks again."""
    await ask(peer)
    await answer(peer, pieces=1)
    await finish(peer, pieces=1)
    await pause(1_200)
    await peer.send(events.speech_started("user_2"))
    kind = "conversation.item.input_audio_transcription.delta"
    await peer.send(events._event(kind, item_id="user_2", content_index=0, delta="And on Sunday"))


async def speaking(peer: Peer) -> None:
    """An answer sounds, and a part of it is still to come."""
    await ask(peer)
    await answer(peer)
    await finish(peer)


async def interrupted(peer: Peer) -> None:
    """The user speaks over the answer."""
    await ask(peer)
    await answer(peer)
    await finish(peer)
    await pause(1_700)
    await peer.send(events.speech_started("user_2", 5_000))


async def tool(peer: Peer) -> None:
    """One tool has given its result, one has drawn a picture, one runs."""
    await ask(peer)
    await peer.send(events.response_created("r1"))
    for call in (
        ("c1", "get_forecast", '{"city": "Oslo", "day": "tomorrow"}'),
        ("c2", "draw_chart", '{"city": "Oslo"}'),
        ("c3", "search_trains", '{"start": "Oslo", "end": "Bergen"}'),
    ):
        await peer.send(events.call_done("r1", *call))
    await peer.send(events.response_done("r1"))


async def reconnecting(peer: Peer) -> None:
    """The connection breaks in the middle of an answer, for good."""
    await ask(peer)
    await answer(peer, pieces=2)
    await pause(900)
    await peer.close(1011, "the upstream model has gone away")


async def whole(peer: Peer) -> None:
    """A turn with tools, its answer, and another that sounds."""
    await ask(peer)
    await peer.send(events.response_created("r0"))
    await pause(180)
    await peer.send(
        events.call_done("r0", "c1", "get_forecast", '{"city": "Oslo", "day": "tomorrow"}'),
        events.call_done("r0", "c2", "draw_chart", '{"city": "Oslo"}'),
        events.response_done("r0"),
    )
    await pause(250)
    await answer(peer, "r1", "a1", pieces=1)
    await finish(peer, "r1", "a1", pieces=1)
    await pause(4_600)
    await ask(peer, "user_2", "Say the whole day, please.")
    await answer(peer, "r2", "a2")
    await finish(peer, "r2", "a2")


SCENES: dict[str, Callable[[Peer], Awaitable[None]]] = {
    "listening": listening,
    "speaking": speaking,
    "interrupted": interrupted,
    "tool": tool,
    "reconnecting": reconnecting,
    "whole": whole,
}


async def show(scene: str) -> int:
    """Run the command in one scene until somebody leaves; returns its exit status."""
    play = SCENES[scene]
    endpoint: ScriptedEndpoint

    async def script(peer: Peer) -> None:
        peer.tolerate("conversation.item.create", "conversation.item.truncate",
                      "conversation.item.retrieve", "response.create", "response.cancel",
                      "conversation.item.delete")  # fmt: skip
        await peer.greet()
        if scene == "reconnecting":
            endpoint.refuse_next(503, for_ever=True)
        playing = asyncio.create_task(play(peer))
        # Whoever does not read the microphone's audio meanwhile does not see the client leave.
        await peer.until_closed()
        playing.cancel()
        await asyncio.wait({playing})

    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        tools.mkdir()
        (tools / "scene.py").write_text(TOOLS)
        os.chdir(folder)
        card = StillCard(levels=LEVELS[scene], names=DEVICES)
        talk_module.open_hands_free = lambda settings: card  # type: ignore[assignment]
        async with ScriptedEndpoint(script) as endpoint:
            settings = load_settings(
                overrides={
                    "endpoint.url": endpoint.url,
                    "tools.folder": str(tools),
                    "tools.data_dir": str(Path(folder) / "data"),
                }
            )
            return await talk_module.talk(settings)


def main() -> int:
    """Show the scene that the command line names."""
    try:
        return asyncio.run(show(sys.argv[1]))
    except KeyboardInterrupt:
        return 0  # as the command line has it
    except VoiceError as error:
        complain(str(error))
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
