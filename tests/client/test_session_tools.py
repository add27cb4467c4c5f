"""Tools of whole sessions, at a scripted endpoint."""

import asyncio

from tests.client.session_kit import Clock, Given, Reader
from voice.client.session import Session
from voice.core.updates import (
    ResponseFinished,
    ToolCallFinished,
)
from voice.protocol.client_events import ConversationItemCreate
from voice.protocol.endpoints import resolve
from voice.protocol.items import FunctionCallOutput
from voice.testing import events
from voice.testing.endpoint import Peer, ScriptedEndpoint


async def test_several_calls_are_run_answered_and_asked_about_once() -> None:
    outputs: list[tuple[str, str]] = []

    async def script(peer: Peer) -> None:
        update = await peer.greet()
        assert [tool["name"] for tool in update.session.to_wire()["tools"]] == ["clock"]
        await peer.expect("conversation.item.create")
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"))
        await peer.send(events.call_done("r1", "c1"), events.call_done("r1", "c2"))
        await peer.send(events.call_done("r1", "c1"))
        for _ in range(2):
            created = await peer.expect("conversation.item.create")
            assert isinstance(created, ConversationItemCreate)
            assert isinstance(created.item, FunctionCallOutput)
            outputs.append((created.item.call_id, created.item.output))
        await peer.send(events.response_done("r1"))
        await peer.expect("response.create")
        await peer.send(events.response_created("r2"), events.response_done("r2"))

    tools = Clock()
    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), tools=tools) as session:
            session.send_text("What time is it in Rome and in Oslo?")
            reader = Reader(session)
            finished = await reader.until_all(ToolCallFinished, 2)
            assert [update.output for update in finished] == ["noon 1", "noon 2"]
            await reader.until(ResponseFinished, 2)
    assert outputs == [("c1", "noon 1"), ("c2", "noon 2")]
    assert len(tools.calls) == 2


async def test_an_announcement_is_told() -> None:
    async def script(peer: Peer) -> None:
        await peer.greet()
        created = await peer.expect("conversation.item.create")
        assert isinstance(created, ConversationItemCreate)
        assert created.item.to_wire()["role"] == "system"
        await peer.expect("response.create")
        await peer.send(events.response_created("r1"), events.response_done("r1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url)) as session:
            session.announce("your tea is ready")
            await Reader(session).until(ResponseFinished)


async def test_hanging_up_stops_a_tool_that_never_returns() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    class Stuck(Clock):
        async def call(self, name: str, arguments: str, call_id: str | None = None) -> Given:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            raise AssertionError

    async def script(peer: Peer) -> None:
        await peer.greet()
        await peer.send(events.response_created("r1"), events.call_done("r1", "c1"))

    async with ScriptedEndpoint(script) as endpoint:
        async with Session(endpoint=resolve(endpoint.url), tools=Stuck()):
            await asyncio.wait_for(begun.wait(), 5)
    assert ended.is_set()
