"""Every event that a client sends, in GA spelling.

The one light class, AudioAppend, is what the codec makes of ``input_audio_buffer.append``: audio
never passes through pydantic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from voice.protocol.items import AnyItem
from voice.protocol.session_config import AnySession, ResponseConfig
from voice.protocol.wire_model import ClientEventModel, UnknownEvent, Whole


@dataclass(slots=True)
class AudioAppend:
    """A decoded ``input_audio_buffer.append``: raw bytes in the session's input format.

    Not frozen, for the reason that ``AudioDelta`` is not; change none.
    """

    audio: bytes
    event_id: str | None = None


class SessionUpdate(ClientEventModel):
    """Merges a partial configuration into the session."""

    type: Literal["session.update"] = "session.update"
    session: AnySession


class TranscriptionSessionUpdate(ClientEventModel):
    """Beta's own event for transcription sessions; the dialect maps turn it into SessionUpdate."""

    type: Literal["transcription_session.update"] = "transcription_session.update"
    session: AnySession


class InputAudioBufferAppend(ClientEventModel):
    """Audio of the user as base64; the codec prefers AudioAppend."""

    type: Literal["input_audio_buffer.append"] = "input_audio_buffer.append"
    audio: str


class InputAudioBufferCommit(ClientEventModel):
    """Makes the buffered audio a user item."""

    type: Literal["input_audio_buffer.commit"] = "input_audio_buffer.commit"


class InputAudioBufferClear(ClientEventModel):
    """Throws the buffered audio away."""

    type: Literal["input_audio_buffer.clear"] = "input_audio_buffer.clear"


class OutputAudioBufferClear(ClientEventModel):
    """Drops unplayed server audio; WebRTC and SIP only."""

    type: Literal["output_audio_buffer.clear"] = "output_audio_buffer.clear"


class ConversationItemCreate(ClientEventModel):
    """Adds an item; ``previous_item_id`` None appends, ``root`` puts it first."""

    type: Literal["conversation.item.create"] = "conversation.item.create"
    previous_item_id: str | None = None
    item: AnyItem


class ConversationItemRetrieve(ClientEventModel):
    """Asks for an item as the server has it."""

    type: Literal["conversation.item.retrieve"] = "conversation.item.retrieve"
    item_id: str


class ConversationItemTruncate(ClientEventModel):
    """Cuts an assistant message's audio at what was heard, in ms from its first sample."""

    type: Literal["conversation.item.truncate"] = "conversation.item.truncate"
    item_id: str
    content_index: Annotated[Whole, Field(ge=0)]
    audio_end_ms: Annotated[Whole, Field(ge=0)]


class ConversationItemDelete(ClientEventModel):
    """Removes an item."""

    type: Literal["conversation.item.delete"] = "conversation.item.delete"
    item_id: str


class ResponseCreate(ClientEventModel):
    """Asks for a response."""

    type: Literal["response.create"] = "response.create"
    response: ResponseConfig | None = None


class ResponseCancel(ClientEventModel):
    """Stops a response; without an id, the conversation's active one."""

    type: Literal["response.cancel"] = "response.cancel"
    response_id: str | None = None


ClientEvent: TypeAlias = ClientEventModel | AudioAppend | UnknownEvent

_MODELS: Final[tuple[type[ClientEventModel], ...]] = (
    SessionUpdate,
    TranscriptionSessionUpdate,
    InputAudioBufferAppend,
    InputAudioBufferCommit,
    InputAudioBufferClear,
    OutputAudioBufferClear,
    ConversationItemCreate,
    ConversationItemRetrieve,
    ConversationItemTruncate,
    ConversationItemDelete,
    ResponseCreate,
    ResponseCancel,
)

CLIENT_EVENTS: Final[Mapping[str, type[ClientEventModel]]] = {
    model.model_fields["type"].default: model for model in _MODELS
}
"""Event type to model."""
