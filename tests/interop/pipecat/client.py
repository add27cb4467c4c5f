"""pipecat's OpenAIRealtimeLLMService in a pipeline with its context aggregators."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import stranger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.openai.realtime import events
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner

CALLS: list[dict[str, Any]] = []


class Watcher(BaseObserver):
    """Keeps each frame once, whichever processors it passes."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self.changed = asyncio.Event()
        self._seen: set[int] = set()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Take one frame on its way."""
        if data.frame.id not in self._seen:
            self._seen.add(data.frame.id)
            self.frames.append(data.frame)
            self.changed.set()

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the frames of a kind, so far."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the frames fulfil a condition."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    async def until_of(self, kind: type[Any], count: int = 1) -> None:
        """Wait for so many frames of a kind."""
        await self.until(lambda: len(self.of(kind)) >= count)

    def said(self) -> str:
        """Return what the assistant said or wrote."""
        texts = self.of(TTSTextFrame) or self.of(LLMTextFrame)
        return "".join(frame.text for frame in texts)

    def errors(self) -> list[str]:
        """Return the errors that the service told."""
        return [frame.error for frame in self.of(ErrorFrame)]


async def get_weather(parameters: Any) -> None:
    """Answer a call of the service."""
    CALLS.append({"name": parameters.function_name, "arguments": dict(parameters.arguments)})
    await parameters.result_callback(stranger.REPORT)


@contextlib.asynccontextmanager
async def talk(modality: str = "audio") -> AsyncIterator[tuple[Watcher, PipelineWorker]]:
    """Run a pipeline around the service, as its examples do."""
    audio = events.AudioConfiguration(
        input=events.AudioInput(
            transcription=events.InputAudioTranscription(),
            turn_detection=events.SemanticTurnDetection(),
        )
    )
    service = OpenAIRealtimeLLMService(
        api_key=stranger.KEY,
        base_url=stranger.URL,
        settings=OpenAIRealtimeLLMService.Settings(
            model="gpt-realtime",
            system_instruction="Be brief.",
            session_properties=events.SessionProperties(audio=audio, output_modalities=[modality]),
        ),
    )
    service.register_function("get_weather", get_weather)
    schema = FunctionSchema(
        name="get_weather",
        description=stranger.WEATHER_TOOL["description"],
        properties=stranger.WEATHER_SCHEMA["properties"],
        required=["city"],
    )
    context = LLMContext([], ToolsSchema(standard_tools=[schema]))
    pair = LLMContextAggregatorPair(context)
    watcher = Watcher()
    worker = PipelineWorker(
        Pipeline([pair.user(), service, pair.assistant()]),
        observers=[watcher],
        idle_timeout_secs=None,
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        yield watcher, worker
    finally:
        await worker.cancel()
        await running


async def write(worker: PipelineWorker, text: str) -> None:
    """Add a user's message and ask for the answer."""
    message = {"role": "user", "content": text}
    await worker.queue_frame(LLMMessagesAppendFrame(messages=[message], run_llm=True))


async def say(worker: PipelineWorker, clip: str) -> None:
    """Stream a clip as a transport does."""
    async for piece in stranger.spoken(clip):
        await worker.queue_frame(
            InputAudioRawFrame(audio=piece, sample_rate=24_000, num_channels=1)
        )


async def text() -> dict[str, Any]:
    """A written question, answered in writing."""
    async with talk("text") as (watcher, worker):
        await write(worker, stranger.QUESTION)
        await watcher.until_of(LLMFullResponseEndFrame)
        return {"text": watcher.said(), "errors": watcher.errors()}


async def speech() -> dict[str, Any]:
    """A spoken question and its spoken answer; the model of turns is the semantic one."""
    async with talk() as (watcher, worker):
        # The service drops audio until its session is configured, which nothing tells.
        await write(worker, "Hello.")
        await watcher.until_of(LLMFullResponseEndFrame)
        watcher.frames.clear()
        speaking = asyncio.create_task(say(worker, "question"))
        await watcher.until_of(LLMFullResponseEndFrame)
        await watcher.until_of(TranscriptionFrame)
        speaking.cancel()
        return {
            "heard": " ".join(frame.text for frame in watcher.of(TranscriptionFrame)),
            "said": watcher.said(),
            "audio_ms": sum(len(frame.audio) for frame in watcher.of(TTSAudioRawFrame)) / 48,
            "errors": watcher.errors(),
        }


async def tool() -> dict[str, Any]:
    """A question that takes a function, which the service runs by itself."""
    async with talk() as (watcher, worker):
        await write(worker, stranger.WEATHER)
        await watcher.until(lambda: "degrees" in watcher.said())
        return {"calls": CALLS, "said": watcher.said(), "errors": watcher.errors()}


async def barge_in() -> dict[str, Any]:
    """An answer that the user speaks over: the pipeline is interrupted, and goes on."""
    async with talk() as (watcher, worker):
        await write(worker, stranger.STORY)
        await watcher.until_of(TTSAudioRawFrame)
        await say(worker, "interruption")
        await watcher.until_of(InterruptionFrame)
        whole = watcher.said()
        watcher.frames.clear()
        await say(worker, "question")
        await watcher.until(lambda: "assistant" in watcher.said())
        return {"whole": whole, "then": watcher.said(), "errors": watcher.errors()}


if __name__ == "__main__":
    stranger.main({f.__name__: f for f in (text, speech, tool, barge_in)})
