"""One response: brain deltas → speakable pieces → speech, as one cancellable task.

The brain is read while earlier pieces are synthesised, so audio leaves as soon as the first piece
is spoken (DESIGN §5). Everything made is fed to the core in order and bears the response's id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from voice.audio.wire import WireEncoder
from voice.core import server_messages as msg
from voice.engines.fair_line import Urgency
from voice.engines.ports import (
    Brain,
    BrainDelta,
    BrainFinished,
    BrainTool,
    CallDelta,
    CallRequest,
    SpeechChunk,
    SpokenWord,
    TextDelta,
    Tts,
)
from voice.engines.threads import urgency_of_calls
from voice.errors import EngineError
from voice.protocol.formats import AudioFormat
from voice.server.prompts import brain_request
from voice.server.speakable import Piece, SpeakableSplitter

logger = logging.getLogger(__name__)

PIECES_AHEAD = 8
"""Pieces that the brain may be ahead of the synthesiser before it is made to wait."""

DELTA_MS = 200
"""Longest stretch of audio in one event.

9.6 kB of PCM16, small beside every client's frame limit.
"""

SHORT_LEAD_S = 1.0
"""With less speech in hand than this a listener may soon hear a gap."""

LONG_LEAD_S = 15.0
"""With more in hand than this an answer makes way for everybody. Nobody else waiting, it is made as
fast as it can be, as upstream does: many clients play nothing before ``response.done``."""

Feed: TypeAlias = Callable[[msg.ServerInput], None]
_Step: TypeAlias = Piece | CallRequest | BrainFinished | Exception


@dataclass(frozen=True, slots=True)
class Voices:
    """What an answer is made with."""

    brain: Brain
    tts: Tts


async def run_response(start: msg.StartResponse, voices: Voices, feed: Feed) -> None:
    """Run one response to its end; failures are fed as AnswerFailed. Cancel the task to stop it."""
    try:
        if start.audio_format is None:
            await _write(start, voices.brain, feed)
        else:
            await _speak(start, start.audio_format, voices, feed)
    except EngineError as error:
        logger.warning("response %s failed: %s", start.response_id, error)
        feed(msg.AnswerFailed(start.response_id, "engine_error", str(error)))
    except Exception:
        logger.exception("response %s failed", start.response_id)
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
    async with aclosing(_deltas(start, brain, feed)) as deltas:
        async for delta in deltas:
            match delta:
                case TextDelta(text):
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
    mouth = _Mouth(start, audio_format, voices.tts, feed)
    reader = asyncio.create_task(_read_brain(start, voices.brain, feed, steps))
    try:
        while True:
            match await steps.get():
                case Piece() as piece:
                    await mouth.say(piece)
                case CallRequest() as call:
                    feed(_call_made(start, call))
                case BrainFinished() as finished:
                    feed(_ended(start, finished))
                    return
                case Exception() as error:
                    raise error
    finally:
        reader.cancel()
        await asyncio.wait({reader})


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
    async with aclosing(_deltas(start, brain, feed)) as deltas:
        async for delta in deltas:
            match delta:
                case TextDelta(text):
                    for piece in splitter.feed(text):
                        await steps.put(piece)
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


async def _deltas(
    start: msg.StartResponse, brain: Brain, feed: Feed
) -> AsyncGenerator[BrainDelta, None]:
    has_begun = False
    async with aclosing(_closable(brain.respond(brain_request(start.prompt)))) as deltas:
        async for delta in deltas:
            if not has_begun:
                has_begun = True
                feed(msg.AnswerBegun(start.response_id))
            yield delta


async def _closable(deltas: AsyncIterator[BrainDelta]) -> AsyncGenerator[BrainDelta, None]:
    """Make sure that a brain's iterator is closed, whatever kind of iterator it is."""
    try:
        async for delta in deltas:
            yield delta
    finally:
        close = getattr(deltas, "aclose", None)
        if close is not None:
            await close()


def urgency_at(lead_s: float) -> Urgency:
    """How urgent more speech is when this much of it was sent ahead of the time of its playing."""
    if lead_s < SHORT_LEAD_S:
        return Urgency.WAITED_FOR
    return Urgency.AHEAD if lead_s < LONG_LEAD_S else Urgency.UNHURRIED


class _Mouth:
    """Synthesises pieces one after another and keeps the clock of the spoken part."""

    def __init__(
        self, start: msg.StartResponse, audio_format: AudioFormat, tts: Tts, feed: Feed
    ) -> None:
        self._start = start
        self._format = audio_format
        self._tts = tts
        self._feed = feed
        self._spoken_ms = 0.0
        self._first_s = 0.0

    async def say(self, piece: Piece) -> None:
        """Feed the piece's text, then its audio with the words that end in it."""
        start = self._start
        self._feed(msg.SpeechBegun(start.response_id, piece.source))
        words = _TokenClock(piece, int(self._spoken_ms))
        if piece.spoken:
            encoder = WireEncoder(self._tts.rate_hz, self._format)
            chunks = self._tts.speak(piece.spoken, voice=start.voice, speed=start.speed)
            while (chunk := await self._next(chunks)) is not None:
                self._send(encoder.encode(chunk.pcm), words.advance(chunk.words))
                self._spoken_ms += 1_000 * len(chunk.pcm) / self._tts.rate_hz
            self._send(encoder.flush(), ())
        rest = words.rest(int(self._spoken_ms))
        if rest:
            self._feed(msg.SpeechMade(start.response_id, b"", rest))

    async def _next(self, chunks: AsyncIterator[SpeechChunk]) -> SpeechChunk | None:
        """Make more speech, the less urgently the more of it a listener has in hand."""
        now_s = asyncio.get_running_loop().time()
        if not self._spoken_ms:
            self._first_s = now_s
        lead_s = self._spoken_ms / 1_000 - (now_s - self._first_s)
        with urgency_of_calls(urgency_at(lead_s)):
            return await anext(chunks, None)

    def _send(self, audio: bytes, words: tuple[msg.TimedText, ...]) -> None:
        if not audio and not words:
            return
        step = self._format.ms_to_bytes(DELTA_MS)
        for offset in range(0, max(1, len(audio)), step):
            stretch = audio[offset : offset + step]
            # Words ride on the first stretch: their times are what counts, not where they travel.
            self._feed(msg.SpeechMade(self._start.response_id, stretch, words))
            words = ()


class _TokenClock:
    """Maps the synthesiser's words back to the source words of a piece."""

    def __init__(self, piece: Piece, offset_ms: int) -> None:
        self._offset_ms = offset_ms
        self._tokens = [(token.source, len(token.spoken.split())) for token in piece.tokens]
        self._next = 0
        self._missing = self._tokens[0][1] if self._tokens else 0
        self._last_ms = offset_ms

    def advance(self, words: tuple[SpokenWord, ...]) -> tuple[msg.TimedText, ...]:
        """Return the source words that have wholly sounded with these spoken ones."""
        timed: list[msg.TimedText] = []
        for word in words:
            timed += self._silent_tokens()
            if self._next >= len(self._tokens):
                break
            self._last_ms = self._offset_ms + word.end_ms
            self._missing -= 1
            if self._missing <= 0:
                timed.append(self._take())
        timed += self._silent_tokens()
        return tuple(timed)

    def rest(self, end_ms: int) -> tuple[msg.TimedText, ...]:
        """Return what was never reported, as ending with the piece."""
        self._last_ms = max(self._last_ms, end_ms)
        timed = []
        while self._next < len(self._tokens):
            timed.append(self._take())
        return tuple(timed)

    def _silent_tokens(self) -> list[msg.TimedText]:
        timed = []
        while self._next < len(self._tokens) and self._missing <= 0:
            timed.append(self._take())
        return timed

    def _take(self) -> msg.TimedText:
        source = self._tokens[self._next][0]
        self._next += 1
        if self._next < len(self._tokens):
            self._missing = self._tokens[self._next][1]
        return msg.TimedText(source, self._last_ms)


def _call_made(start: msg.StartResponse, call: CallRequest) -> msg.CallMade:
    return msg.CallMade(start.response_id, call.call_id, call.name, call.arguments)


def _ended(start: msg.StartResponse, finished: BrainFinished) -> msg.AnswerEnded:
    return msg.AnswerEnded(
        start.response_id,
        finished.reason,
        finished.input_tokens,
        finished.output_tokens,
        finished.cached_tokens,
    )
