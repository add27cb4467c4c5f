"""livekit's OpenAI realtime plugin: its model and session, without a room around them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import stranger
from livekit import rtc
from livekit.agents import llm
from livekit.agents.utils import http_context
from livekit.plugins.openai.realtime import RealtimeModel


class Talk:
    """One session, what it told, and every wire event."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.errors: list[str] = []
        self.wire: list[dict[str, Any]] = []
        self.heard: list[str] = []
        self.generations: asyncio.Queue[Any] = asyncio.Queue(16)
        self.started = asyncio.Event()
        session.on("error", lambda error: self.errors.append(str(error.error)))
        self.changed = asyncio.Event()
        session.on("openai_server_event_received", self._on_wire)
        session.on("generation_created", self.generations.put_nowait)
        session.on("input_speech_started", lambda _: self.started.set())
        session.on("input_audio_transcription_completed", self._on_heard)

    def _on_wire(self, event: dict[str, Any]) -> None:
        self.wire.append(event)
        self.changed.set()

    def _on_heard(self, event: Any) -> None:
        if event.is_final:
            self.heard.append(event.transcript)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the wire events of a type, so far."""
        return [event for event in self.wire if event["type"] == kind]

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait for a wire event of a type."""
        while not self.of(kind):
            self.changed.clear()
            await self.changed.wait()
        return self.of(kind)[-1]

    async def write(self, text: str) -> None:
        """Add a user's message, which the plugin waits to see acknowledged."""
        context = self.session.chat_ctx.copy()
        context.add_message(role="user", content=text)
        await self.session.update_chat_ctx(context)

    async def say(self, clip: str) -> None:
        """Stream a clip."""
        async for piece in stranger.spoken(clip):
            frame = rtc.AudioFrame(piece, 24_000, 1, len(piece) // 2)
            self.session.push_audio(frame)


@llm.function_tool
async def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    return stranger.REPORT


async def collected(generation: Any) -> dict[str, Any]:
    """Read a generation to its end."""
    said, audio_ms, message_id = "", 0.0, None
    async for message in generation.message_stream:
        message_id = message.message_id

        async def sound(message: Any = message) -> float:
            return sum([f.duration * 1_000 async for f in message.audio_stream])

        hearing = asyncio.create_task(sound())
        said += "".join([str(delta) async for delta in message.text_stream])
        audio_ms += await hearing
    calls = [call async for call in generation.function_stream]
    return {"said": said, "audio_ms": audio_ms, "calls": calls, "message_id": message_id}


@contextlib.asynccontextmanager
async def talk(**options: Any) -> AsyncIterator[Talk]:
    """Open a session as ``AgentSession`` does."""
    base = stranger.URL.removesuffix("/realtime")
    async with http_context.open():
        model = RealtimeModel(base_url=base, api_key=stranger.KEY, model="gpt-realtime", **options)
        session = model.session()
        it = Talk(session)
        await session.update_instructions("Be brief.")
        await session.update_tools([get_weather])
        yield it
        await session.aclose()
        await model.aclose()


async def text() -> dict[str, Any]:
    """A written question, answered in writing."""
    async with talk(modalities=["text"]) as it:
        await it.write(stranger.QUESTION)
        answer = await collected(await it.session.generate_reply())
        return {"text": answer["said"], "errors": it.errors}


async def speech() -> dict[str, Any]:
    """A spoken question and its spoken answer, with the plugin's defaults."""
    async with talk() as it:
        speaking = asyncio.create_task(it.say("question"))
        answer = await collected(await it.generations.get())
        await speaking
        await it.until("conversation.item.input_audio_transcription.completed")
        return {
            "heard": " ".join(it.heard),
            "said": answer["said"],
            "audio_ms": answer["audio_ms"],
            "errors": it.errors,
        }


async def tool() -> dict[str, Any]:
    """A question that takes a function."""
    async with talk() as it:
        await it.write(stranger.WEATHER)
        asked = await collected(await it.session.generate_reply())
        call = asked["calls"][0]
        context = it.session.chat_ctx.copy()
        output = await get_weather(**json.loads(call.arguments))
        context.items.append(
            llm.FunctionCallOutput(
                call_id=call.call_id, name=call.name, output=output, is_error=False
            )
        )
        await it.session.update_chat_ctx(context)
        answer = await collected(await it.session.generate_reply())
        return {
            "name": call.name,
            "arguments": call.arguments,
            "said": answer["said"],
            "errors": it.errors,
        }


async def barge_in() -> dict[str, Any]:
    """An answer that the user speaks over: interrupt, then truncate, as ``AgentSession`` does."""
    async with talk() as it:
        await it.write(stranger.STORY)
        generation = await it.session.generate_reply()
        reading = asyncio.create_task(collected(generation))
        first = await it.until("response.output_audio.delta")
        speaking = asyncio.create_task(it.say("interruption"))
        await it.started.wait()
        it.session.interrupt()
        it.session.truncate(message_id=first["item_id"], modalities=["audio"], audio_end_ms=900)
        cut = await it.until("conversation.item.truncated")
        it.session.send_event({"type": "conversation.item.retrieve", "item_id": first["item_id"]})
        item = (await it.until("conversation.item.retrieved"))["item"]
        speaking.cancel()
        return {
            "cut_ms": cut["audio_end_ms"],
            "whole": (await reading)["said"],
            "kept": item["content"][0].get("transcript") or "",
            "errors": it.errors,
        }


async def bad_event() -> dict[str, Any]:
    """An event that no server knows; the session lives on."""
    async with talk() as it:
        it.session.send_event({"type": "conversation.item.explode", "event_id": "mine_1"})
        error = (await it.until("error"))["error"]
        await it.write(stranger.QUESTION)
        answer = await collected(await it.session.generate_reply())
        return {"event_id": error["event_id"], "code": error["code"], "said": answer["said"]}


if __name__ == "__main__":
    stranger.main({f.__name__: f for f in (text, speech, tool, barge_in, bad_event)})
