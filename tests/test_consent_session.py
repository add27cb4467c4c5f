"""A question of a tool and the user's yes, through a whole session at a scripted endpoint."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tools import Registry, tool
from voice.client.session import Session
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.endpoints import resolve
from voice.protocol.items import FunctionCallOutput
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint
from voice.toolbox import Toolbox
from voice.user_answers import UserAnswers

QUESTION = "Shall I unlock the front door?"


async def output(peer: Peer) -> str:
    created = await peer.expect("conversation.item.create")
    assert isinstance(created, ConversationItemCreate)
    assert isinstance(created.item, FunctionCallOutput)
    return created.item.output


async def say(peer: Peer, response_id: str, text: str) -> None:
    await peer.expect("response.create")
    item_id = f"item_of_{response_id}"
    await peer.send(events.response_created(response_id))
    await peer.send(events.words(response_id, item_id, text))
    await peer.send(events.words_done(response_id, item_id, text))
    await peer.send(events.response_done(response_id))


async def hear(peer: Peer, item_id: str, text: str) -> None:
    await peer.send(events.speech_started(item_id), events.speech_stopped(item_id))
    await peer.send(events.committed(item_id), events.transcribed(item_id, text))


@pytest.mark.parametrize(
    ("answer", "told", "effects"),
    [("Yes, please.", "It is unlocked.", 1), ("No.", "It was not done, as the answer was no.", 0)],
)
async def test_the_door_opens_after_the_users_own_words(
    tmp_path: Path, answer: str, told: str, effects: int
) -> None:
    opened: list[str] = []
    outputs: list[str] = []
    over = asyncio.Event()

    @tool(effect="irreversible", summary="unlock the {door} door")
    def unlock(door: str) -> str:
        """Unlock a door."""
        opened.append(door)
        return "It is unlocked."

    async def script(peer: Peer) -> None:
        await peer.greet()
        await hear(peer, "u1", "Yes, open the front door. Yes.")
        await peer.send(events.response_created("r1"))
        await peer.send(events.call_done("r1", "c1", "unlock", '{"door": "front"}'))
        await peer.send(events.response_done("r1"))
        outputs.append(await output(peer))
        await say(peer, "r2", QUESTION)
        assert opened == []
        await hear(peer, "u2", answer)
        await peer.send(events.response_created("r3"))
        await peer.send(events.call_done("r3", "c2", "unlock", '{"door": "front"}'))
        await peer.send(events.response_done("r3"))
        outputs.append(await output(peer))
        await say(peer, "r4", "There you are.")
        over.set()

    registry = Registry(data_dir=tmp_path)
    registry.add(unlock, "test")
    async with Toolbox(registry, (), call_limit_s=10) as toolbox:
        answers = UserAnswers(toolbox.consent)
        async with ScriptedEndpoint(script) as endpoint:
            async with Session(
                endpoint=resolve(endpoint.url), tools=toolbox, observers=[answers.take]
            ):
                await asyncio.wait_for(over.wait(), 10)

    assert json.loads(outputs[0])["spoken"] == QUESTION
    assert told in outputs[1]
    assert len(opened) == effects
