"""One response: brain deltas → speakable pieces → speech, as one cancellable task.

The brain is read while earlier pieces are synthesised, so audio leaves as soon as the first piece
is spoken (DESIGN §5). Everything made is fed to the core in order and bears the response's id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from voice.core import server_messages as msg
from voice.engines.ports import (
    Brain,
    BrainFinished,
    BrainTool,
    CallDelta,
    CallRequest,
    SpokenDelta,
    TextDelta,
    Tts,
)
from voice.errors import EngineError
from voice.protocol.formats import AudioFormat
from voice.server.brain_stream import brain_deltas
from voice.server.failures import outline
from voice.server.fillers import Fillers
from voice.server.mouth import Mouth
from voice.server.speakable import Piece, SpeakableSplitter

logger = logging.getLogger(__name__)

PIECES_AHEAD = 8
"""Pieces that the brain may be ahead of the synthesiser before it is made to wait."""

Feed: TypeAlias = Callable[[msg.ServerInput], None]
_Step: TypeAlias = Piece | SpokenDelta | CallRequest | BrainFinished | Exception


async def _at_once() -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class Voices:
    """What an answer is made with; without ``fillers`` a brain's silence stays silence.

    ``catch_up`` waits while the client is behind with what was sent.
    """

    brain: Brain
    tts: Tts
    fillers: Fillers | None = None
    catch_up: Callable[[], Awaitable[None]] = _at_once


async def run_response(start: msg.StartResponse, voices: Voices, feed: Feed) -> None:
    """Run one response to its end; failures are fed as AnswerFailed. Cancel the task to stop it."""
    try:
        if start.audio_format is None:
            await _write(start, voices.brain, feed)
        else:
            await _speak(start, start.audio_format, voices, feed)
    except EngineError as error:
        logger.warning("response %s failed: %s", start.response_id, error)
        feed(msg.AnswerFailed(start.response_id, error.code, str(error), error.kind))
    except Exception as error:
        logger.error("response %s failed: %s", start.response_id, outline(error))
        text = "The answer failed inside the server; its log says why."
        feed(msg.AnswerFailed(start.response_id, "internal_error", text))


async def prepare_brain(brain: Brain, tools: Sequence[BrainTool]) -> None:
    """Let a brain read the tools; a failure is logged, and the turn itself still tried."""
    try:
        await brain.prepare(tools)
    except EngineError as error:
        logger.warning("the brain could not prepare for the tools: %s", error)


async def _write(start: msg.StartResponse, brain: Brain, feed: Feed) -> None:
    finished = BrainFinished()
    async with aclosing(brain_deltas(start, brain, feed)) as deltas:
        async for delta in deltas:
            match delta:
                case TextDelta(text):
                    feed(msg.TextWritten(start.response_id, text))
                case SpokenDelta(text=text) if text:
                    feed(msg.TextWritten(start.response_id, text))
                case CallDelta(call):
                    feed(_call_made(start, call))
                case BrainFinished():
                    finished = delta
    feed(_ended(start, finished))


async def _speak(
    start: msg.StartResponse, audio_format: AudioFormat, voices: Voices, feed: Feed
) -> None:
    steps: asyncio.Queue[_Step] = asyncio.Queue(maxsize=PIECES_AHEAD)
    mouth = Mouth(start, audio_format, voices.tts, feed)
    reader = asyncio.create_task(_read_brain(start, voices.brain, feed, steps))
    has_begun = has_called = False
    try:
        step: _Step | None = await _first_step(steps, mouth, voices.fillers)
        while True:
            match step or await steps.get():
                case Piece() as piece:
                    mouth.finish_playing()
                    await mouth.say(piece)
                    has_begun = has_begun or bool(piece.source.strip())
                case SpokenDelta() as spoken:
                    await voices.catch_up()
                    mouth.play(spoken)
                    has_begun = True
                case CallRequest() as call:
                    mouth.finish_playing()
                    feed(_call_made(start, call))
                    mouth.begin_part()
                    has_called = True
                case BrainFinished() as finished:
                    mouth.finish_playing()
                    is_empty = not (has_begun or has_called)
                    if is_empty and voices.fillers is not None and _is_waited_for(start):
                        await _say(mouth, voices.fillers.instead_of(finished))
                    feed(_ended(start, finished))
                    return
                case Exception() as error:
                    mouth.finish_playing()
                    if isinstance(error, EngineError) and voices.fillers is not None:
                        await _say(mouth, voices.fillers.apology(after_words=has_begun))
                    raise error
            step = None
    finally:
        reader.cancel()
        await asyncio.wait({reader})


def _is_waited_for(start: msg.StartResponse) -> bool:
    """Say whether silence would leave the user without an answer.

    A model that spoke before it called a function may well have nothing to add.
    """
    if start.is_beside:
        return False
    for entry in reversed(start.prompt.entries):
        if entry.role == "user":
            return True
        if entry.role == "assistant" and entry.text.strip():
            return False
    return True


async def _first_step(steps: asyncio.Queue[_Step], mouth: Mouth, fillers: Fillers | None) -> _Step:
    """Return the brain's first step; while it is long in coming, say something."""
    said = 0
    while fillers is not None and (wait_s := fillers.wait_s(said)) is not None:
        try:
            async with asyncio.timeout(wait_s):
                return await steps.get()
        except TimeoutError:
            await _say(mouth, fillers.next())
        said += 1
    return await steps.get()


async def _say(mouth: Mouth, text: str) -> None:
    """Speak words that are not the brain's."""
    splitter = SpeakableSplitter()
    for piece in (*splitter.feed(text), *splitter.finish()):
        await mouth.say(piece)


async def _read_brain(
    start: msg.StartResponse, brain: Brain, feed: Feed, steps: asyncio.Queue[_Step]
) -> None:
    """Put the answer into ``steps``, its failure last: what came before it is still spoken."""
    try:
        finished = await _read_pieces(start, brain, feed, steps)
    except Exception as error:
        await steps.put(error)
    else:
        await steps.put(finished)


async def _read_pieces(
    start: msg.StartResponse, brain: Brain, feed: Feed, steps: asyncio.Queue[_Step]
) -> BrainFinished:
    splitter = SpeakableSplitter()
    finished = BrainFinished()
    async with aclosing(brain_deltas(start, brain, feed)) as deltas:
        async for delta in deltas:
            match delta:
                case TextDelta(text):
                    for piece in splitter.feed(text):
                        await steps.put(piece)
                case SpokenDelta():
                    await steps.put(delta)
                case CallDelta(call):
                    for piece in splitter.finish():
                        await steps.put(piece)
                    splitter = SpeakableSplitter()
                    await steps.put(call)
                case BrainFinished():
                    finished = delta
    for piece in splitter.finish():
        await steps.put(piece)
    return finished


def _call_made(start: msg.StartResponse, call: CallRequest) -> msg.CallMade:
    return msg.CallMade(start.response_id, call.call_id, call.name, call.arguments)


def _ended(start: msg.StartResponse, finished: BrainFinished) -> msg.AnswerEnded:
    return msg.AnswerEnded(
        start.response_id,
        finished.reason,
        finished.input_tokens,
        finished.output_tokens,
        finished.cached_tokens,
        finished.details,
    )
