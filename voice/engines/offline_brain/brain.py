"""The brain that needs no network and no model: it does what its tools' examples say, honestly."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any

from voice.engines.offline_brain.dialogue import Dialogue
from voice.engines.offline_brain.index import ToolIndex, tools_key
from voice.engines.offline_brain.matching import Matcher
from voice.engines.offline_brain.reading import Calls, Reader, Say
from voice.engines.offline_brain.values import Today
from voice.engines.offline_brain.vectors import Vectors
from voice.engines.ports import (
    BrainDelta,
    BrainFinished,
    BrainRequest,
    BrainTool,
    CallDelta,
    CallRequest,
    EngineQueue,
    TextDelta,
)
from voice.engines.text_deltas import word_pieces
from voice.engines.threads import EngineThreads

_MAX_TOOL_SETS = 8
"""Tool sets whose index is kept; each session may have its own."""


class OfflineBrain:
    """Calls the tool whose example sentences are nearest to what was said.

    Implements ``ports.Brain``.

    Deterministic: the same conversation gives the same answer. Shared by all sessions; all work
    runs in one thread of its own, a few milliseconds a turn.
    """

    name = "offline"
    context_tokens: int | None = None
    takes_images = True
    """It sees none, and says so itself where a picture came without words."""

    def __init__(self, vectors: Vectors, *, today: Today = date.today) -> None:
        """Think with loaded ``vectors``; ``today`` is asked for arguments that are ISO dates."""
        self._vectors = vectors
        self._today = today
        self._threads = EngineThreads("offline brain", max_waiting=256)
        self._dialogues: OrderedDict[tuple[Any, ...], Dialogue] = OrderedDict()

    @classmethod
    async def load(cls, *, today: Today = date.today) -> OfflineBrain:
        """Load the word vectors in a thread (0.5 s) and return a brain.

        Raises EngineError when the package ``wordllama`` is missing or damaged.
        """
        return cls(await asyncio.to_thread(Vectors.load), today=today)

    @property
    def queue(self) -> EngineQueue:
        """The line in front of the brain."""
        return self._threads

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Build the index of a tool set now (0.3 s for 30 tools) instead of in the first turn."""
        await self._threads.run(lambda: self._dialogue(tools))

    async def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Answer: text word by word, or calls, then the end.

        Token counts are words. Raises EngineError when the brain is closed or too many wait.
        """
        answer = await self._threads.run(lambda: self._dialogue(request.tools).answer(request))
        match answer:
            case Calls():
                for delta in _calls(answer, request):
                    yield delta
            case Say():
                for text_delta in _speech(answer.text, request):
                    yield text_delta

    async def close(self) -> None:
        """End the thread. Idempotent."""
        self._threads.close()

    def _dialogue(self, tools: Sequence[BrainTool]) -> Dialogue:
        """Return the dialogue over a tool set, building it where it is new; in the thread."""
        key = tools_key(tools)
        dialogue = self._dialogues.get(key)
        if dialogue is None:
            matcher = Matcher(ToolIndex(tools, self._vectors), today=self._today)
            dialogue = Dialogue(Reader(matcher), today=self._today)
            self._dialogues[key] = dialogue
            if len(self._dialogues) > _MAX_TOOL_SETS:
                self._dialogues.popitem(last=False)
        self._dialogues.move_to_end(key)
        return dialogue


def _calls(answer: Calls, request: BrainRequest) -> list[BrainDelta]:
    planned = answer.calls if request.parallel_tool_calls else answer.calls[:1]
    deltas: list[BrainDelta] = [
        CallDelta(
            CallRequest(
                call_id=f"call_{uuid.uuid4().hex[:24]}",
                name=request.tools[call.tool].name,
                arguments=json.dumps(dict(call.arguments), ensure_ascii=False),
            )
        )
        for call in planned
    ]
    words = sum(len(d.call.arguments.split()) for d in deltas if isinstance(d, CallDelta))
    return [*deltas, BrainFinished("tool_calls", _input_words(request), words)]


def _speech(text: str, request: BrainRequest) -> list[BrainDelta]:
    pieces = word_pieces(text)
    limit = request.max_output_tokens
    kept = pieces if limit is None else pieces[:limit]
    deltas: list[BrainDelta] = [TextDelta(piece) for piece in kept]
    counts = (_input_words(request), len(kept))
    whole = len(kept) == len(pieces)
    return [*deltas, BrainFinished("stop" if whole else "length", *counts)]


def _input_words(request: BrainRequest) -> int:
    return len(request.instructions.split()) + sum(len(m.text.split()) for m in request.messages)
