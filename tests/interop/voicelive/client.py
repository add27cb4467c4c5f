"""``azure-ai-voicelive`` as its samples use it: Azure's path, its models, its own settings."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import stranger
from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import (
    AudioEchoCancellation,
    AudioInputTranscriptionOptions,
    AudioNoiseReduction,
    AzureSemanticVad,
    AzureStandardVoice,
    FunctionCallOutputItem,
    FunctionTool,
    InputAudioFormat,
    InputTextContentPart,
    Modality,
    OutputAudioFormat,
    RequestSession,
    ServerVad,
    UserMessageItem,
)
from azure.core.credentials import AzureKeyCredential


class Talk:
    """One connection, and what came over it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.events: list[Any] = []

    async def until(self, kind: str) -> Any:
        """Read until an event of this type."""
        async for event in self.connection:
            self.events.append(event)
            if event.type == kind:
                return event
        raise EOFError(f"closed before {kind}; got {[str(event.type) for event in self.events]}")

    def of(self, kind: str) -> list[Any]:
        """Return the events of a type, so far."""
        return [event for event in self.events if event.type == kind]

    def said(self) -> str:
        """Return the transcript of what was spoken."""
        return "".join(event.delta for event in self.of("response.audio_transcript.delta"))

    async def write(self, text: str) -> None:
        """Add a user's message and ask for the answer."""
        item = UserMessageItem(content=[InputTextContentPart(text=text)])
        await self.connection.conversation.item.create(item=item)
        await self.connection.response.create()

    async def say(self, clip: str) -> None:
        """Stream a clip."""
        async for piece in stranger.spoken(clip):
            audio = base64.b64encode(piece).decode()
            await self.connection.input_audio_buffer.append(audio=audio)


@contextlib.asynccontextmanager
async def talk(**session: Any) -> AsyncIterator[Talk]:
    """Connect and configure as the package's samples do."""
    where = urlsplit(stranger.URL)
    async with connect(
        endpoint=f"http://{where.netloc}",
        credential=AzureKeyCredential(stranger.KEY),
        model="gpt-4o-realtime-preview",
    ) as connection:
        it = Talk(connection)
        settings: dict[str, Any] = {
            "modalities": [Modality.TEXT, Modality.AUDIO],
            "instructions": "Be brief.",
            "voice": AzureStandardVoice(name="en-US-AvaNeural"),
            "input_audio_format": InputAudioFormat.PCM16,
            "output_audio_format": OutputAudioFormat.PCM16,
            "input_audio_echo_cancellation": AudioEchoCancellation(),
            "input_audio_noise_reduction": AudioNoiseReduction(type="azure_deep_noise_suppression"),
            "turn_detection": ServerVad(
                threshold=0.5, prefix_padding_ms=300, silence_duration_ms=500
            ),
            "input_audio_transcription": AudioInputTranscriptionOptions(model="whisper-1"),
        }
        await connection.session.update(session=RequestSession(**{**settings, **session}))
        while "session.updated" not in [event.type for event in it.events]:
            event = await connection.recv()
            it.events.append(event)
            assert event.type != "error", event.error.message
        yield it


async def text() -> dict[str, Any]:
    """A written question, answered in writing."""
    async with talk(modalities=[Modality.TEXT]) as it:
        await it.write(stranger.QUESTION)
        done = await it.until("response.done")
        return {
            "status": str(done.response.status),
            "text": "".join(event.delta for event in it.of("response.text.delta")),
            "errors": [event.error.message for event in it.of("error")],
        }


async def speech() -> dict[str, Any]:
    """A spoken question, its end found by the server, answered in speech."""
    async with talk(turn_detection=AzureSemanticVad(silence_duration_ms=400)) as it:
        speaking = asyncio.create_task(it.say("question"))
        await it.until("response.done")
        heard = "conversation.item.input_audio_transcription.completed"
        if not it.of(heard):
            await it.until(heard)
        await speaking
        return {
            "heard": it.of(heard)[0].transcript,
            "said": it.said(),
            "audio_ms": sum(len(event.delta) for event in it.of("response.audio.delta")) / 48,
            "errors": [event.error.message for event in it.of("error")],
        }


async def tool() -> dict[str, Any]:
    """A question that takes a function."""
    fields = {key: value for key, value in stranger.WEATHER_TOOL.items() if key != "type"}
    async with talk(tools=[FunctionTool(**fields)]) as it:
        await it.write(stranger.WEATHER)
        call = await it.until("response.function_call_arguments.done")
        await it.until("response.done")
        output = FunctionCallOutputItem(call_id=call.call_id, output=stranger.REPORT)
        await it.connection.conversation.item.create(item=output)
        await it.connection.response.create()
        await it.until("response.done")
        return {
            "name": it.of("response.output_item.done")[0].item.name,
            "arguments": call.arguments,
            "said": it.said(),
            "errors": [event.error.message for event in it.of("error")],
        }


async def barge_in() -> dict[str, Any]:
    """An answer that the user speaks over."""
    async with talk() as it:
        await it.write(stranger.STORY)
        first = await it.until("response.audio.delta")
        speaking = asyncio.create_task(it.say("interruption"))
        await it.until("input_audio_buffer.speech_started")
        whole = it.said()
        items = it.connection.conversation.item
        await items.truncate(item_id=first.item_id, content_index=0, audio_end_ms=900)
        cut = await it.until("conversation.item.truncated")
        await items.retrieve(item_id=first.item_id)
        item = (await it.until("conversation.item.retrieved")).item
        speaking.cancel()
        return {
            "cut_ms": cut.audio_end_ms,
            "whole": whole,
            "kept": item.content[0].transcript or "",
            "errors": [event.error.message for event in it.of("error")],
        }


async def bad_event() -> dict[str, Any]:
    """An event that no server knows; the session lives on."""
    async with talk() as it:
        await it.connection.send({"type": "conversation.item.explode", "event_id": "mine_1"})
        error = (await it.until("error")).error
        await it.write(stranger.QUESTION)
        done = await it.until("response.done")
        return {
            "event_id": error.event_id,
            "code": error.code,
            "status": str(done.response.status),
        }


if __name__ == "__main__":
    stranger.main({f.__name__: f for f in (text, speech, tool, barge_in, bad_event)})
