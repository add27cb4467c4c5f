"""The ``openai`` package, its GA and its beta client, as their users write them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import stranger
from openai import AsyncOpenAI

FRAMES: list[str] = []
"""Everything but audio that came, as it came: the test takes it to the package's models."""


class Talk:
    """One connection, and what came over it, in the names of its dialect."""

    def __init__(self, connection: Any, *, is_ga: bool) -> None:
        self.connection = connection
        self.is_ga = is_ga
        self.events: list[Any] = []
        self.frames = FRAMES
        self.transcript = (
            "response.output_audio_transcript" if is_ga else "response.audio_transcript"
        )
        self.audio = "response.output_audio" if is_ga else "response.audio"
        self.text = "response.output_text" if is_ga else "response.text"

    async def until(self, kind: str) -> Any:
        """Read until an event of this type."""
        while True:
            frame = await self.connection.recv_bytes()
            event = self.connection.parse_event(frame)
            self.events.append(event)
            if not event.type.endswith("audio.delta"):
                self.frames.append(frame.decode())
            if event.type == kind:
                return event

    def of(self, kind: str) -> list[Any]:
        """Return the events of a type, so far."""
        return [event for event in self.events if event.type == kind]

    async def configure(self, **session: Any) -> Any:
        """Update the session and return what is in effect."""
        kind = {"type": "realtime"} if self.is_ga else {}
        await self.connection.session.update(session={**kind, **session})
        return (await self.until("session.updated")).session

    async def write(self, text: str) -> None:
        """Add a user's message and ask for the answer."""
        content = [{"type": "input_text", "text": text}]
        await self.connection.conversation.item.create(
            item={"type": "message", "role": "user", "content": content}
        )
        await self.connection.response.create()

    async def say(self, clip: str) -> None:
        """Stream a clip."""
        async for piece in stranger.spoken(clip):
            await self.connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())

    def said(self) -> str:
        """Return the answer's transcript, put together from its deltas."""
        return "".join(event.delta for event in self.of(f"{self.transcript}.delta"))

    def audio_ms(self) -> float:
        """Return how much audio came."""
        deltas = self.of(f"{self.audio}.delta")
        return sum(len(base64.b64decode(event.delta)) for event in deltas) / 48


@contextlib.asynccontextmanager
async def talk(dialect: str) -> AsyncIterator[Talk]:
    """Connect as the package's users do."""
    base = stranger.URL.removesuffix("/realtime")
    is_ga = dialect == "ga"
    if is_ga:
        client = AsyncOpenAI(api_key=stranger.KEY, base_url=base.replace("ws", "http", 1))
        manager = client.realtime.connect(model="gpt-realtime")
    else:
        client = AsyncOpenAI(api_key=stranger.KEY, websocket_base_url=base)
        manager = client.beta.realtime.connect(model="gpt-4o-realtime-preview")
    async with manager as connection:
        yield Talk(connection, is_ga=is_ga)


async def text(dialect: str) -> dict[str, Any]:
    """A written question, answered in writing."""
    async with talk(dialect) as it:
        created = await it.until("session.created")
        modalities = "output_modalities" if it.is_ga else "modalities"
        await it.configure(**{modalities: ["text"]})
        await it.write(stranger.QUESTION)
        done = await it.until("response.done")
        return {
            "model": created.session.model,
            "status": done.response.status,
            "text": "".join(event.delta for event in it.of(f"{it.text}.delta")),
            "final": it.of(f"{it.text}.done")[0].text,
            "output": done.response.output[0].content[0].text,
            "tokens": done.response.usage.total_tokens,
        }


async def speech(dialect: str) -> dict[str, Any]:
    """A spoken question, its end found by the server, answered in speech."""
    async with talk(dialect) as it:
        await it.until("session.created")
        turns = {"type": "server_vad", "silence_duration_ms": 400}
        ears = {"model": "gpt-4o-mini-transcribe"}
        if it.is_ga:
            await it.configure(audio={"input": {"turn_detection": turns, "transcription": ears}})
        else:
            await it.configure(turn_detection=turns, input_audio_transcription=ears)
        speaking = asyncio.create_task(it.say("question"))
        done = await it.until("response.done")
        heard = "conversation.item.input_audio_transcription.completed"
        if not it.of(heard):
            await it.until(heard)
        await speaking
        return {
            "heard": it.of(heard)[0].transcript,
            "starts_ms": it.of("input_audio_buffer.speech_started")[0].audio_start_ms,
            "stops_ms": it.of("input_audio_buffer.speech_stopped")[0].audio_end_ms,
            "status": done.response.status,
            "said": it.said(),
            "audio_ms": it.audio_ms(),
        }


async def tool(dialect: str) -> dict[str, Any]:
    """A question that takes a function."""
    async with talk(dialect) as it:
        await it.until("session.created")
        await it.configure(tools=[stranger.WEATHER_TOOL], tool_choice="auto")
        await it.write(stranger.WEATHER)
        asked = await it.until("response.done")
        call = asked.response.output[0]
        streamed = "".join(e.delta for e in it.of("response.function_call_arguments.delta"))
        await it.connection.conversation.item.create(
            item={
                "type": "function_call_output",
                "call_id": getattr(call, "call_id", None) or "none",
                "output": stranger.REPORT,
            }
        )
        it.events.clear()
        await it.connection.response.create()
        done = await it.until("response.done")
        return {
            "kind": call.type,
            "name": getattr(call, "name", None),
            "arguments": getattr(call, "arguments", None),
            "streamed": streamed,
            "status": done.response.status,
            "said": it.said(),
        }


async def barge_in(dialect: str) -> dict[str, Any]:
    """An answer that the user speaks over; what was heard is kept, the rest forgotten."""
    async with talk(dialect) as it:
        await it.until("session.created")
        await it.write(stranger.STORY)
        first = await it.until(f"{it.audio}.delta")
        speaking = asyncio.create_task(it.say("interruption"))
        await it.until("input_audio_buffer.speech_started")
        heard_ms = min(900, int(it.audio_ms()))
        whole = it.said()
        await it.connection.conversation.item.truncate(
            item_id=first.item_id, content_index=0, audio_end_ms=heard_ms
        )
        truncated = await it.until("conversation.item.truncated")
        await it.connection.conversation.item.retrieve(item_id=first.item_id)
        item = (await it.until("conversation.item.retrieved")).item
        statuses = [event.response.status for event in it.of("response.done")]
        speaking.cancel()
        return {
            "cut_ms": truncated.audio_end_ms,
            "whole": whole,
            "kept": item.content[0].transcript or "",
            "status": statuses[:1] or [None],
            "received_ms": it.audio_ms(),
        }


async def bad_event(dialect: str) -> dict[str, Any]:
    """An event that no server knows; the session lives on."""
    async with talk(dialect) as it:
        await it.until("session.created")
        await it.connection.send({"type": "conversation.item.explode", "event_id": "mine_1"})
        error = (await it.until("error")).error
        await it.connection.response.cancel(event_id="mine_2")
        cancel = (await it.until("error")).error
        await it.write(stranger.QUESTION)
        done = await it.until("response.done")
        return {
            "event_id": error.event_id,
            "code": error.code,
            "param": error.param,
            "cancel_code": cancel.code,
            "cancel_event_id": cancel.event_id,
            "status": done.response.status,
        }


async def out_of_band(dialect: str) -> dict[str, Any]:
    """A response beside the conversation."""
    async with talk(dialect) as it:
        await it.until("session.created")
        question = [{"type": "input_text", "text": stranger.QUESTION}]
        modalities = "output_modalities" if it.is_ga else "modalities"
        await it.connection.response.create(
            response={
                "conversation": "none",
                "metadata": {"topic": "who"},
                modalities: ["text"],
                "input": [{"type": "message", "role": "user", "content": question}],
            }
        )
        done = (await it.until("response.done")).response
        kinds = [event.type for event in it.events]
        return {
            "status": done.status,
            "metadata": dict(done.metadata or {}),
            "conversation_id": done.conversation_id,
            "text": done.output[0].content[0].text,
            "items": [kind for kind in kinds if kind.startswith("conversation.item.")],
        }


async def run(scenario: str, dialect: str) -> dict[str, Any]:
    """Run a scenario; add the frames that it saw."""
    found = (text, speech, tool, barge_in, bad_event, out_of_band)
    report = await {f.__name__: f for f in found}[scenario](dialect)
    return {**report, "frames": FRAMES}


if __name__ == "__main__":
    stranger.main({"run": run})
