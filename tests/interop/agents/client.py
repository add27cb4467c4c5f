"""The ``openai-agents`` package: RealtimeAgent, RealtimeRunner, RealtimeSession over our URL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import stranger
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner, RealtimeSession
from agents.realtime.model_inputs import RealtimeModelSendRawMessage

CALLS: list[dict[str, str]] = []


@function_tool
def get_weather(city: str) -> str:
    """Get the current weather in a city."""
    CALLS.append({"city": city})
    return stranger.REPORT


class Listener:
    """What a session told its program."""

    def __init__(self, session: RealtimeSession) -> None:
        self.session = session
        self.kinds: list[str] = []
        self.errors: list[str] = []
        self.raw: list[Any] = []
        self.history: list[Any] = []
        self.audio_bytes = 0

    async def until(self, condition: Callable[[Any], bool]) -> Any:
        """Read events until one fulfils the condition."""
        async for event in self.session:
            self.take(event)
            if condition(event):
                return event
        raise EOFError(f"the session ended; got {self.kinds}")

    def take(self, event: Any) -> None:
        """Keep what a report needs."""
        self.kinds.append(event.type)
        if event.type == "error":
            self.errors.append(str(event.error))
        elif event.type == "audio":
            self.audio_bytes += len(event.audio.data)
        elif event.type == "history_updated":
            self.history = list(event.history)
        elif event.type == "history_added":
            self.history = [i for i in self.history if i.item_id != event.item.item_id]
            self.history.append(event.item)
        elif event.type == "raw_model_event" and event.data.type == "raw_server_event":
            self.raw.append(event.data.data)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the wire events of a type."""
        return [event for event in self.raw if event["type"] == kind]

    def said(self, role: str) -> str:
        """Return the words of the last message of a role."""
        for item in reversed(self.history):
            if item.type == "message" and item.role == role:
                parts = [
                    getattr(p, "transcript", None) or getattr(p, "text", None) for p in item.content
                ]
                return " ".join(part for part in parts if part)
        return ""


def wire(kind: str) -> Callable[[Any], bool]:
    """Tell a wire event of this type."""
    return lambda event: (
        event.type == "raw_model_event"
        and event.data.type == "raw_server_event"
        and event.data.data["type"] == kind
    )


@contextlib.asynccontextmanager
async def listening(**settings: Any) -> AsyncIterator[Listener]:
    """Run a session against our server."""
    agent = RealtimeAgent(name="Host", instructions="Be brief.", tools=[get_weather])
    runner = RealtimeRunner(
        agent, config={"model_settings": {"model_name": "gpt-realtime", **settings}}
    )
    model = {"url": stranger.URL, "api_key": stranger.KEY}
    session = await runner.run(model_config=model)  # type: ignore[arg-type]
    async with session:
        listener = Listener(session)
        yield listener
        for item in ("error", "exception"):
            assert item not in listener.kinds, listener.errors


async def text() -> dict[str, Any]:
    """A written question, answered in writing."""
    async with listening(output_modalities=["text"]) as it:
        await it.session.send_message(stranger.QUESTION)
        await it.until(wire("response.done"))
        await it.until(lambda event: event.type == "agent_end" or bool(it.said("assistant")))
        done = it.of("response.done")[0]["response"]
        return {"text": it.said("assistant"), "status": done["status"], "errors": it.errors}


async def speech() -> dict[str, Any]:
    """A spoken question and its spoken answer."""
    async with listening() as it:
        speaking = asyncio.create_task(talk(it.session, "question"))
        await it.until(lambda event: event.type == "audio_end")
        await speaking
        heard = it.of("conversation.item.input_audio_transcription.completed")
        if not heard:
            await it.until(wire("conversation.item.input_audio_transcription.completed"))
        return {
            "heard": it.of("conversation.item.input_audio_transcription.completed")[0][
                "transcript"
            ],
            "said": "".join(e["delta"] for e in it.of("response.output_audio_transcript.delta")),
            "audio_ms": it.audio_bytes / 48,
            "errors": it.errors,
        }


async def talk(session: RealtimeSession, clip: str) -> None:
    """Send a clip as a microphone does."""
    async for piece in stranger.spoken(clip):
        await session.send_audio(piece)


async def tool() -> dict[str, Any]:
    """A question that takes a function, which the SDK runs by itself."""
    async with listening() as it:
        await it.session.send_message(stranger.WEATHER)
        await it.until(lambda event: event.type == "tool_end")
        await it.until(lambda event: event.type == "audio_end")
        calls = it.of("response.function_call_arguments.done")
        return {
            "name": calls[0]["name"],
            "arguments": calls[0]["arguments"],
            "called": CALLS,
            "said": "".join(e["delta"] for e in it.of("response.output_audio_transcript.delta")),
            "errors": it.errors,
        }


async def barge_in() -> dict[str, Any]:
    """An answer that the user speaks over: the SDK truncates by what it thinks was played."""
    async with listening() as it:
        await it.session.send_message(stranger.STORY)
        first = await it.until(wire("response.output_audio.delta"))
        speaking = asyncio.create_task(talk(it.session, "interruption"))
        await it.until(lambda event: event.type == "audio_interrupted")
        await it.until(wire("conversation.item.truncated"))
        await it.until(wire("conversation.item.retrieved"))
        speaking.cancel()
        item_id = first.data.data["item_id"]
        deltas = it.of("response.output_audio_transcript.delta")
        item = it.of("conversation.item.retrieved")[-1]["item"]
        return {
            "whole": "".join(e["delta"] for e in deltas if e["item_id"] == item_id),
            "kept": (item["content"] or [{}])[0].get("transcript") or "",
            "cut_ms": it.of("conversation.item.truncated")[-1]["audio_end_ms"],
            "errors": it.errors,
        }


async def bad_event() -> dict[str, Any]:
    """An item that does not exist: an error for the program, and the session lives on."""
    async with listening() as it:
        message: Any = {
            "type": "conversation.item.delete",
            "other_data": {"event_id": "mine_1", "item_id": "item_of_nobody"},
        }
        await it.session.model.send_event(RealtimeModelSendRawMessage(message=message))
        await it.until(lambda event: event.type == "error")
        errors, it.errors, it.kinds = it.errors, [], []
        await it.session.send_message(stranger.QUESTION)
        await it.until(wire("response.done"))
        return {
            "event_id": it.of("error")[0]["error"]["event_id"],
            "code": it.of("error")[0]["error"]["code"],
            "status": it.of("response.done")[0]["response"]["status"],
            "errors": errors,
        }


async def out_of_band() -> dict[str, Any]:
    """A response beside the conversation, by a raw message: the SDK has no other way."""
    async with listening() as it:
        question = [{"type": "input_text", "text": stranger.QUESTION}]
        response = {
            "conversation": "none",
            "metadata": {"topic": "who"},
            "output_modalities": ["text"],
            "input": [{"type": "message", "role": "user", "content": question}],
        }
        message: Any = {"type": "response.create", "other_data": {"response": response}}
        await it.session.model.send_event(RealtimeModelSendRawMessage(message=message))
        await it.until(wire("response.done"))
        done = it.of("response.done")[0]["response"]
        return {
            "metadata": done["metadata"],
            "text": done["output"][0]["content"][0]["text"],
            "items": [e["type"] for e in it.raw if e["type"].startswith("conversation.item.")],
            "errors": it.errors,
        }


if __name__ == "__main__":
    stranger.main({f.__name__: f for f in (text, speech, tool, barge_in, bad_event, out_of_band)})
