"""Text frame to event and back, in either dialect.

A ClientCodec belongs to one connection of a client, a ServerCodec to one connection of a server.
Both translate at the door: events inside are always GA. Both learn the sample size of incoming
audio from the sessions that pass through them. Decoding raises RemoteProtocolError and nothing
else, whatever the bytes; encoding raises LocalProtocolError for an event that must not be sent.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from voice.errors import LocalProtocolError, RemoteProtocolError
from voice.protocol.audio_frames import (
    APPEND_TYPE,
    DELTA_TYPES,
    MIN_CUT_CHARS,
    cut_append,
    cut_delta,
    delta_head,
    encode_append,
    encode_delta,
    read_append,
    read_delta,
)
from voice.protocol.capabilities import PLAIN_CAPABILITIES, Capabilities
from voice.protocol.client_events import CLIENT_EVENTS, AudioAppend, ClientEvent
from voice.protocol.dialect_objects import SESSION_TYPES
from voice.protocol.dialects import (
    SERVER_NAMES_TO_GA,
    Dialect,
    detect,
    is_flat,
    nested_path_to_flat,
    to_beta_server_event,
    to_ga_client_event,
    to_ga_server_event,
)
from voice.protocol.fitting import fitted, wav_chunk
from voice.protocol.formats import PCM16, AudioFormat
from voice.protocol.frames import (
    dump_object,
    event_id_of,
    parse_object,
    read_strictly,
    read_tolerantly,
    refuse_depth,
)
from voice.protocol.server_events import (
    SERVER_EVENTS,
    AudioDelta,
    ServerEvent,
    SessionCreated,
    SessionUpdated,
)
from voice.protocol.session_config import SessionConfig
from voice.protocol.wire_model import UnknownEvent

__all__ = [
    "ClientCodec",
    "ServerCodec",
    "decode_client_event",
    "decode_server_event",
    "encode_append",
    "encode_audio_delta",
    "encode_client_event",
    "encode_server_event",
    "warm_up",
]

_BETA_UPDATE: Final = "transcription_session.update"
_NO_EVENT_ID: Final = "input_audio_buffer.dtmf_event_received"


class ClientCodec:
    """The client's end of one connection.

    ``dialect`` None means that ``session.created`` decides, as it passes; until then nothing but
    audio should be sent. Set ``dialect`` and ``capabilities`` at will.
    """

    def __init__(
        self, dialect: Dialect | None = None, capabilities: Capabilities = PLAIN_CAPABILITIES
    ) -> None:
        """Start with a dialect, and with what the endpoint can do."""
        self.dialect = dialect
        self.capabilities = capabilities
        self.audio_format = PCM16
        """Format of the incoming audio; follows the session."""
        self.dropped_fields: deque[str] = deque(maxlen=32)
        """Paths of optional fields that were wrong and left out; for the log. Newest last."""

    def encode(self, event: ClientEvent) -> list[str]:
        """Write an event as the frames to send, in order."""
        if isinstance(event, AudioAppend):
            return [encode_append(self._contained(event.audio), event.event_id)]
        if isinstance(event, UnknownEvent):
            return [dump_object({"type": event.type, **event.raw})]
        return [dump_object(fitted(event.to_wire(), self.dialect, self.capabilities))]

    def encode_append(self, audio: bytes) -> str:
        """Write one chunk of audio: the hot path."""
        return encode_append(self._contained(audio))

    def _contained(self, audio: bytes) -> bytes:
        capabilities = self.capabilities
        if capabilities.pcm_name_beta != "wav":
            return audio
        return wav_chunk(audio, capabilities.input_format)

    def decode(self, frame: str | bytes) -> ServerEvent:
        """Read one frame; raises RemoteProtocolError. An unknown type gives an UnknownEvent."""
        text = frame if type(frame) is str else _as_text(frame)
        sample_bytes = self.audio_format.bytes_per_sample
        if len(text) >= MIN_CUT_CHARS:
            delta = cut_delta(text, sample_bytes)
            if delta is not None:
                return delta
        data = parse_object(text)
        if data["type"] in DELTA_TYPES:
            return read_delta(data, sample_bytes)
        refuse_depth(text, data)
        event = self._read(data)
        if isinstance(event, SessionCreated | SessionUpdated):
            self.audio_format = _output_format(event) or self.audio_format
        return event

    def _read(self, data: dict[str, Any]) -> ServerEvent:
        kind = data["type"]
        if self.dialect is None and kind == "session.created":
            session = data.get("session")
            self.dialect = detect(session) if isinstance(session, dict) else None
        if self.dialect is Dialect.BETA or _is_old_name(kind):
            data = to_ga_server_event(data)
            kind = data["type"]
        model = SERVER_EVENTS.get(kind)
        if model is None:
            return _unknown(data)
        event, dropped = read_tolerantly(model, data)
        self.dropped_fields.extend(f"{kind}: {path}" for path in dropped)
        return event


class ServerCodec:
    """The server's end of one connection.

    A connection that began as GA turns to BETA at its first ``session.update`` where that is flat
    and names no type, or is BETA's own event: older clients do not say in the handshake what they
    speak.
    """

    def __init__(
        self, dialect: Dialect = Dialect.GA, *, new_event_id: Callable[[], str] | None = None
    ) -> None:
        """Start with a dialect; ``new_event_id`` names events that come without an id."""
        self.dialect = dialect
        self.audio_format = PCM16
        """Format of the incoming audio; follows the session that is announced."""
        self._new_event_id = new_event_id
        self._is_settled = False
        self._head_of: tuple[str, str, int, int, Dialect] | None = None
        self._head = ""

    def decode(self, frame: str | bytes) -> ClientEvent:
        """Read one frame of a client.

        Raises RemoteProtocolError whose ``code``, ``param`` and ``event_id`` an ``error`` event
        can carry; the connection goes on. Binary frames and unknown types are errors here.
        """
        if not isinstance(frame, str):
            raise RemoteProtocolError("expected a text frame, got a binary one")
        sample_bytes = self.audio_format.bytes_per_sample
        append = cut_append(frame, sample_bytes)
        if append is not None:
            return append
        data = parse_object(frame)
        kind = data["type"]
        if kind == APPEND_TYPE:
            return read_append(data, sample_bytes)
        refuse_depth(frame, data)
        if kind in ("session.update", _BETA_UPDATE):
            self._settle(kind, data.get("session"))
        if self.dialect is Dialect.GA and kind != _BETA_UPDATE:
            if kind == "session.update":
                _check_ga_session(data)
            return _read_client_event(data)
        try:
            return _read_client_event(to_ga_client_event(data))
        except RemoteProtocolError as error:
            if error.param is not None:
                error.param = nested_path_to_flat(error.param)
            raise

    def _settle(self, kind: str, session: object) -> None:
        if self._is_settled or not isinstance(session, dict):
            return
        if kind == _BETA_UPDATE or ("type" not in session and is_flat(session)):
            self.dialect = Dialect.BETA
        # What both dialects could have said settles nothing.
        self._is_settled = self.dialect is Dialect.BETA or "type" in session

    def encode(self, event: ServerEvent) -> list[str]:
        """Write an event as the frames to send, in order; none where the dialect lacks it."""
        if isinstance(event, AudioDelta):
            return [self.encode_delta(event)]
        if isinstance(event, SessionCreated | SessionUpdated):
            self.audio_format = _input_format(event) or self.audio_format
        if isinstance(event, UnknownEvent):
            wire = {"type": event.type, **event.raw}
        else:
            wire = event.to_wire()
        if wire.get("event_id") is None and wire["type"] != _NO_EVENT_ID:
            wire = {"type": wire["type"], **wire, "event_id": self._next_event_id(wire["type"])}
        if self.dialect is Dialect.GA:
            if isinstance(event, SessionCreated | SessionUpdated):
                wire["session"].pop("temperature", None)
            return [dump_object(wire)]
        return [dump_object(translated) for translated in to_beta_server_event(wire)]

    def encode_delta(self, delta: AudioDelta) -> str:
        """Write one audio delta: the hot path."""
        of = (
            delta.response_id,
            delta.item_id,
            delta.output_index,
            delta.content_index,
            self.dialect,
        )
        if of != self._head_of:
            self._head, self._head_of = delta_head(delta, self.dialect), of
        event_id = delta.event_id
        if event_id is None:
            event_id = self._next_event_id("response.output_audio.delta")
        return encode_delta(self._head, event_id, delta.audio)

    def _next_event_id(self, kind: str) -> str:
        if self._new_event_id is None:
            raise LocalProtocolError(f"{kind} has no event_id, which every server event must have")
        return self._new_event_id()


def warm_up() -> None:
    """Build every event's validator now, which takes about 70 ms of one core.

    Otherwise each is built at its first event, some ms in the middle of the first turn.
    """
    for model in (*CLIENT_EVENTS.values(), *SERVER_EVENTS.values()):
        model.model_rebuild()


def encode_client_event(
    event: ClientEvent, dialect: Dialect, capabilities: Capabilities = PLAIN_CAPABILITIES
) -> str:
    """Write one client event; see ClientCodec."""
    return ClientCodec(dialect, capabilities).encode(event)[0]


def decode_server_event(frame: str | bytes, dialect: Dialect | None = None) -> ServerEvent:
    """Read one frame of a server; see ClientCodec."""
    return ClientCodec(dialect).decode(frame)


def decode_client_event(frame: str | bytes, dialect: Dialect = Dialect.GA) -> ClientEvent:
    """Read one frame of a client; see ServerCodec."""
    return ServerCodec(dialect).decode(frame)


def encode_server_event(event: ServerEvent, dialect: Dialect = Dialect.GA) -> list[str]:
    """Write one server event, which must have an event id; see ServerCodec."""
    return ServerCodec(dialect).encode(event)


def encode_audio_delta(delta: AudioDelta, dialect: Dialect = Dialect.GA) -> str:
    """Write one audio delta, which must have an event id; see ServerCodec."""
    return ServerCodec(dialect).encode_delta(delta)


def _read_client_event(data: dict[str, Any]) -> ClientEvent:
    kind = data["type"]
    model = CLIENT_EVENTS.get(kind)
    if model is None:
        raise RemoteProtocolError(
            f"invalid 'type': expected one of {', '.join(CLIENT_EVENTS)}",
            code="invalid_value",
            param="type",
            event_id=event_id_of(data),
        )
    return read_strictly(model, data)


def _check_ga_session(data: dict[str, Any]) -> None:
    """Refuse in a GA update what the models forgive, and what only BETA has (PROTOCOL §1.3)."""
    session = data.get("session")
    if not isinstance(session, dict):
        return
    param = "session.type"
    if "type" not in session:
        code, problem = "missing_required_parameter", f"Missing required parameter: {param!r}."
    elif session["type"] not in SESSION_TYPES:
        code = "invalid_value"
        problem = f"Invalid value for {param!r}: expected 'realtime' or 'transcription'."
    elif "temperature" in session:
        code, param = "unknown_parameter", "session.temperature"
        problem = f"Unknown parameter: {param!r}."
    else:
        return
    raise RemoteProtocolError(problem, code=code, param=param, event_id=event_id_of(data))


def _is_old_name(kind: str) -> bool:
    """Some GA servers keep BETA's names; ``conversation.item.created`` is a word of both."""
    return kind in SERVER_NAMES_TO_GA and kind != "conversation.item.created"


def _unknown(data: dict[str, Any]) -> UnknownEvent:
    return UnknownEvent(data["type"], event_id_of(data), data)


def _as_text(frame: str | bytes) -> str:
    if isinstance(frame, str):
        return frame
    try:
        return str(frame, "utf-8")
    except UnicodeDecodeError:
        raise RemoteProtocolError("expected a text frame, got a binary one") from None


def _output_format(event: SessionCreated | SessionUpdated) -> AudioFormat | None:
    session = event.session
    if not isinstance(session, SessionConfig) or session.audio is None:
        return None
    return session.audio.output.format if session.audio.output else None


def _input_format(event: SessionCreated | SessionUpdated) -> AudioFormat | None:
    audio = event.session.audio
    return audio.input.format if audio is not None and audio.input is not None else None
