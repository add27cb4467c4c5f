"""What goes into and comes out of ServerCore besides wire events.

Inputs say what happened in the shell (an engine answered), actions are orders to it. Audio is in
the session's wire format everywhere here; the shell converts for engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from voice.core.ledger import Entry
from voice.protocol.formats import AudioFormat
from voice.protocol.server_events import AudioDelta, ServerEvent

# --- inputs
# -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechScored:
    """The voice detector scored one frame; ``end_ms`` on the clock of appended audio."""

    end_ms: int
    probability: float


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The recogniser's words for one ``Transcribe`` action.

    ``complete`` is the probability that the turn is over, judged by the words.
    """

    item_id: str
    generation: int
    text: str
    complete: float


@dataclass(frozen=True, slots=True)
class TranscriptionFailed:
    """The recogniser failed, took too long, or had no time for a partial reading.

    ``message`` is fit for the client.
    """

    item_id: str
    generation: int
    message: str


@dataclass(frozen=True, slots=True)
class TurnSounded:
    """How the voice of one ``Transcribe`` action sounded that asks ``may_end``.

    ``finished`` is the probability that the speaker was done.
    """

    item_id: str
    generation: int
    finished: float


@dataclass(frozen=True, slots=True)
class AnswerBegun:
    """The brain gave its first delta of this response."""

    response_id: str


@dataclass(frozen=True, slots=True)
class TextWritten:
    """More text of a text answer."""

    response_id: str
    text: str


@dataclass(frozen=True, slots=True)
class SpeechBegun:
    """A piece of a spoken answer is about to sound; ``text`` is the brain's own text of it."""

    response_id: str
    text: str


@dataclass(frozen=True, slots=True)
class TimedText:
    """A stretch of the answer's text; it has wholly sounded ``end_ms`` into the spoken part."""

    text: str
    end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechMade:
    """Audio of the piece last begun, and the words whose sound ends in it."""

    response_id: str
    audio: bytes
    words: tuple[TimedText, ...] = ()


@dataclass(frozen=True, slots=True)
class CallMade:
    """The brain asked for a function call; everything said before it was fed before it."""

    response_id: str
    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class AnswerEnded:
    """The brain and the synthesiser are done.

    Text tokens only; audio tokens are counted by the core. ``details`` are the brain's finer
    counts, such as ``reasoning_tokens``.
    """

    response_id: str
    reason: Literal["stop", "length", "content_filter", "tool_calls"] = "stop"
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    details: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The brain or the synthesiser failed; ``message`` is fit for the client."""

    response_id: str
    code: str
    message: str
    kind: str = "server_error"


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection is open: greet it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The moment that ``next_deadline_ms`` named has come."""


ServerInput: TypeAlias = (
    SpeechScored
    | Transcribed
    | TranscriptionFailed
    | TurnSounded
    | AnswerBegun
    | TextWritten
    | SpeechBegun
    | SpeechMade
    | CallMade
    | AnswerEnded
    | AnswerFailed
    | Opened
    | Tick
)

# --- actions
# ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Send:
    """Send this event to the client."""

    event: ServerEvent | AudioDelta


@dataclass(frozen=True, slots=True)
class ScoreSpeech:
    """Let the voice detector score this audio; answers with SpeechScored inputs."""

    audio: bytes
    end_ms: int


@dataclass(frozen=True, slots=True)
class ResetSpeech:
    """Forget the voice detector's state: the buffer was cleared or its format changed."""

    format: AudioFormat
    position_ms: int


@dataclass(frozen=True, slots=True)
class Transcribe:
    """Recognise this audio.

    Answers with Transcribed or TranscriptionFailed of the same generation. A ``partial`` one reads
    a turn that goes on: it is worth an idle recogniser's time and nobody's wait. One that asks
    ``may_end`` reads a turn that may be over: where somebody listens to the voice, TurnSounded of
    the same generation says how it sounds.
    """

    item_id: str
    generation: int
    audio: bytes
    format: AudioFormat
    language: str | None = None
    partial: bool = False
    may_end: bool = False


@dataclass(frozen=True, slots=True)
class DropTranscription:
    """Nobody waits for this transcription any more."""

    item_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the brain gets for one response: only what was heard.

    ``conversation_id`` is the same for all of a session, also beside its conversation.
    """

    instructions: str
    entries: tuple[Entry, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: str | Mapping[str, Any] = "auto"
    parallel_tool_calls: bool = True
    max_output_tokens: int | None = None
    temperature: float | None = None
    conversation_id: str = ""


@dataclass(frozen=True, slots=True)
class StartResponse:
    """Run the brain, and the synthesiser where ``audio_format`` is not None.

    ``is_beside`` marks an answer beside the conversation, which nobody waits to hear.
    """

    response_id: str
    prompt: Prompt
    audio_format: AudioFormat | None
    voice: str | None = None
    speed: float = 1.0
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class PrepareBrain:
    """The session's tools changed; a brain may want to read them before the next turn."""

    tools: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class StopResponse:
    """Stop brain and synthesiser of this response.

    Whatever they still say is dropped by the core.
    """

    response_id: str


@dataclass(frozen=True, slots=True)
class TurnMeasured:
    """A finished stage, for metrics; ``since_ms`` is how long it took."""

    stage: Literal["transcript", "first_token", "first_audio"]
    since_ms: int


ServerAction: TypeAlias = (
    Send
    | ScoreSpeech
    | ResetSpeech
    | Transcribe
    | DropTranscription
    | StartResponse
    | PrepareBrain
    | StopResponse
    | TurnMeasured
)
