"""The sockets that speech engines and brains plug into.

Ports are asynchronous and speak in chunks and deltas. An adapter that computes runs its computing
in a thread of its own: no port method may hold the event loop for more than a millisecond. Adapters
import their heavy libraries inside functions; importing this package touches no engine. Adapters
raise EngineError only.

Engine audio going in is int16, shape (samples,), mono, 16 kHz; engine audio coming out is int16,
shape (samples,), mono, at the engine's own ``rate_hz``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pcm: TypeAlias = NDArray[np.int16]

EAR_RATE_HZ = 16_000
"""Sample rate of all audio handed to Vad, TurnEnd and Stt."""


class VadStream(Protocol):
    """Speech probabilities of one audio stream; keeps state between calls, owned by one session."""

    async def score(self, pcm: Pcm) -> Sequence[float]:
        """Return one probability in [0, 1] for each frame that ``pcm`` completes.

        A frame is ``Vad.frame_samples`` long. Samples that do not fill one are kept for the next
        call. Calls must not overlap.
        """
        ...

    def reset(self) -> None:
        """Forget all state, as at the start of a stream."""
        ...


class Vad(Protocol):
    """A voice activity detector, loaded once and shared by all sessions."""

    frame_samples: int
    """Samples at 16 kHz per probability (512 = 32 ms)."""

    def open(self) -> VadStream:
        """Start scoring one more stream."""
        ...


class TurnEnd(Protocol):
    """Says whether the speaker has finished, from the words so far."""

    def probability(self, transcript: str) -> float:
        """Return the probability in [0, 1] that the turn is complete.

        Pure and quick (under 1 ms).
        """
        ...


TURN_SOUND_MS = 8_000
"""So much of a turn's end a ``TurnSound`` may want to hear; more is not handed to it."""


class TurnSound(Protocol):
    """Says whether the speaker has finished, from the voice; loaded once, shared by sessions."""

    async def finished(self, pcm: Pcm) -> float | None:
        """Return the probability in [0, 1] that the turn is over; None where it cannot say in time.

        ``pcm`` (16 kHz) is the turn's end and ends in the pause. Never raises EngineError: the
        turn ends without the answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser heard; ``text`` is empty where it heard no words."""

    text: str
    confidence: float | None = None


class Stt(Protocol):
    """A speech recogniser, loaded once and shared by all sessions."""

    name: str
    """What sessions show as their transcription model."""

    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages that it can be asked for; empty for any."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits or runs, so that a reading of no urgency takes nobody's time."""
        ...

    async def transcribe(self, pcm: Pcm, *, language: str | None = None) -> Transcript:
        """Transcribe one turn (16 kHz). Cancelling the call leaves the engine usable."""
        ...


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One whitespace-separated word of the text given to ``Tts.speak``, and when it has sounded.

    ``end_ms`` counts from the first sample of that ``speak`` call; rather late than early.
    """

    text: str
    end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A stretch of synthesised speech and the words that end inside it."""

    pcm: Pcm
    words: tuple[SpokenWord, ...] = ()


class Tts(Protocol):
    """A speech synthesiser, loaded once and shared by all sessions."""

    @property
    def name(self) -> str:
        """What ``/v1/models`` calls it."""
        ...

    rate_hz: int
    """Sample rate of the chunks."""

    voices: tuple[str, ...]
    """Voices that can be asked for; the first is the default.

    An unknown voice is spoken with the default.
    """

    def speak(
        self, text: str, *, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[SpeechChunk]:
        """Synthesise plain speakable text; chunks come as they are made.

        Nothing comes for text without words. Every word of ``text.split()`` is reported once, in
        order, over all chunks.
        """
        ...


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A function call that a brain asked for; ``arguments`` is JSON text as the brain wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class BrainMessage:
    """One turn of the conversation as a brain sees it; holds only what was heard.

    ``calls`` only with role ``assistant``; ``call_id`` only with role ``tool`` (then ``text`` is
    the output).
    ``image_urls`` (data URIs) only with role ``user``.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: tuple[CallRequest, ...] = ()
    call_id: str | None = None
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrainTool:
    """A function that the brain may call.

    ``parameters`` is a JSON schema. ``examples`` are the author's example sentences with ``{slot}``
    names that are parameter names, for brains that match sentences.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrainRequest:
    """Everything a brain needs for one response.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or the name of one function given as
    ``name:<function>``. ``conversation_id`` is the same for all requests of one session, so that
    a provider can find what it has cached of it.
    """

    instructions: str
    messages: tuple[BrainMessage, ...]
    tools: tuple[BrainTool, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    max_output_tokens: int | None = None
    temperature: float | None = None
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class SpokenDelta:
    """More of an answer that the brain speaks itself: it is played, not synthesised.

    ``text`` are words of it, which may be ahead of their sound; ``pcm`` may be empty.
    """

    pcm: Pcm
    rate_hz: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class CallDelta:
    """One complete function call."""

    call: CallRequest


@dataclass(frozen=True, slots=True)
class BrainFinished:
    """The end of the answer, always the last delta.

    Tokens are 0 where the brain does not count them.
    """

    reason: Literal["stop", "length", "content_filter", "tool_calls"] = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    details: Mapping[str, int] = field(default_factory=dict)


BrainDelta: TypeAlias = TextDelta | SpokenDelta | CallDelta | BrainFinished


class Brain(Protocol):
    """Something that answers: a sentence matcher, a language model, a gateway."""

    name: str
    """What ``/v1/models`` and ``session.model`` call it."""

    context_tokens: int | None
    """How many tokens it can read and write in all, None where that is not known."""

    takes_images: bool
    """Whether it wants ``image_urls``; where not, it is told in words that there was a picture."""

    async def prepare(self, tools: Sequence[BrainTool]) -> None:
        """Get ready for a session's tools before its first turn; may do nothing.

        Raises EngineError; the turn itself is then still to be tried.
        """
        ...

    def respond(self, request: BrainRequest) -> AsyncIterator[BrainDelta]:
        """Stream the answer. Closing the iterator stops the work at once (and its HTTP stream)."""
        ...

    async def close(self) -> None:
        """Release connections. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class QueueState:
    """How busy an engine is at one moment.

    ``longest_wait_s`` is how long the first of the calls that somebody waits for in silence has
    waited so far; 0 when none waits.
    """

    waiting: int
    running: int
    longest_wait_s: float


class EngineQueue(Protocol):
    """The waiting line in front of an engine, to be watched."""

    name: str
    """What messages and metrics call the engine."""

    def state(self) -> QueueState:
        """Return what waits and runs at this moment; from any thread, in microseconds."""
        ...


@dataclass(frozen=True, slots=True)
class Engines:
    """Everything that the embedded server answers with, loaded once and shared by its sessions.

    ``queues`` are the lines in front of them, for metrics and admission. ``turn_sound`` is None
    where nothing listens to how a turn sounds.
    """

    vad: Vad
    turn_end: TurnEnd
    stt: Stt
    brain: Brain
    tts: Tts
    queues: tuple[EngineQueue, ...] = ()
    turn_sound: TurnSound | None = None
