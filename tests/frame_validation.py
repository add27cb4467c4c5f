"""Checks every frame that our server sends against the models of the ``openai`` package.

``watching()`` listens at two places: where the core orders an event to be sent, which is written in
both dialects, and where a server's codec writes a frame. A frame is valid when the package's own
model takes it strictly: no coerced types, every required field, and no field that the model does
not know, except for the fields of ``KNOWN``.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from voice.core import server_messages as msg
from voice.core.server import ServerCore
from voice.protocol.codec import ServerCodec
from voice.protocol.dialects import Dialect
from voice.protocol.turn_causes import CAUSE_KEY

MAX_SHOWN = 5

_LIVE = "upstream says it in every session; the package has only the request as a model"
_OLD_MODELS = "the package lists the names that upstream's beta had; ours is a model of its own"
_LATE_BETA = "upstream's beta sent it in its last year; the package's model is older"
_ASKED_FOR = "our own, for clients that ask; tests/core/test_server_listening.py holds it to that"
_THOUGHTS = "ours: what a brain of Chat Completions spent on thinking, only where it says so"
_BOTH = "GA's field; a beta client that has missed the item reads the name here"

KNOWN: dict[tuple[Dialect, str, str], str] = {
    **{
        (Dialect.GA, event, f"session.{field}"): _LIVE
        for event in ("session.created", "session.updated")
        for field in ("id", "object", "expires_at")
    },
    **{
        (Dialect.BETA, event, f"session.{field}"): why
        for event in ("session.created", "session.updated")
        for field, why in (
            ("object", _LIVE),
            ("expires_at", _LIVE),
            ("model", _OLD_MODELS),
        )
    },
    **{
        (Dialect.BETA, "transcription_session.updated", f"session.{field}"): why
        for field, why in (
            ("id", _LIVE),
            ("object", _LIVE),
            ("expires_at", _LIVE),
            ("input_audio_noise_reduction", _LATE_BETA),
            ("input_audio_transcription.model", _OLD_MODELS),
            ("turn_detection.eagerness", _LATE_BETA),
            ("client_secret", "required there, and said to come over HTTP only"),
        )
    },
    **{
        (Dialect.BETA, "response.done", f"response.usage.input_token_details.{field}"): _LATE_BETA
        for field in ("image_tokens", "cached_tokens_details")
    },
    **{
        (dialect, "response.done", f"response.usage.output_token_details.{field}"): _THOUGHTS
        for dialect in Dialect
        for field in (
            "reasoning_tokens",
            "accepted_prediction_tokens",
            "rejected_prediction_tokens",
        )
    },
    (Dialect.BETA, "response.function_call_arguments.done", "name"): _BOTH,
    **{
        (dialect, "input_audio_buffer.speech_stopped", CAUSE_KEY): _ASKED_FOR for dialect in Dialect
    },
}
"""Where the package's models are narrower than the protocol: dialect, event, field, and why."""

AUDIO = frozenset({"response.output_audio.delta", "response.audio.delta"})

PLAIN_TYPES = frozenset({"str", "int", "float", "bool"})


@functools.cache
def models(dialect: Dialect) -> dict[str, TypeAdapter[Any]]:
    """Return the package's model of every server event of a dialect, by event type."""
    if dialect is Dialect.GA:
        from openai.types.realtime import RealtimeServerEvent as Union
    else:
        from openai.types.beta.realtime import RealtimeServerEvent as Union
    found = {}
    for model in typing.get_args(typing.get_args(Union)[0]):
        name = model.model_fields["type"].annotation
        found[typing.get_args(name)[0]] = TypeAdapter(model)
    return found


def faults(frame: str, dialect: Dialect) -> list[str]:
    """Return what is wrong with a frame, one line for each fault; empty when it is valid."""
    data = json.loads(frame)
    kind = data.get("type")
    model = models(dialect).get(kind)
    if model is None:
        return [f"{dialect.value}: no such server event: {kind!r}"]
    try:
        model.validate_json(frame, strict=True, extra="forbid")
    except ValidationError as error:
        found = [
            Fault(tuple(map(str, fault["loc"])), fault["msg"], _path(fault["loc"]))
            for fault in error.errors(include_url=False, include_input=False)
        ]
        known = {path for of, event, path in KNOWN if (of, event) == (dialect, kind)}
        return [f"{dialect.value}: {kind}: {f.path}: {f.text}" for f in _least(found, known)]
    return []


class Fault(typing.NamedTuple):
    """One thing that pydantic found; ``where`` names the branches of unions, ``path`` does not."""

    where: tuple[str, ...]
    text: str
    path: str


def _path(where: tuple[int | str, ...]) -> str:
    """Return a fault's place without the branches of unions and the indices of lists."""
    return ".".join(str(part) for part in where if isinstance(part, str) and not _is_branch(part))


def _is_branch(part: str) -> bool:
    return part in PLAIN_TYPES or "[" in part or part.lower() != part


def _least(found: list[Fault], known: set[str], depth: int = 0) -> list[Fault]:
    """Leave out what is known and, of each union, all branches but the nearest."""
    groups: dict[str, list[Fault]] = {}
    kept = []
    for fault in found:
        if depth < len(fault.where):
            groups.setdefault(fault.where[depth], []).append(fault)
        elif fault.path not in known:
            kept.append(fault)
    branches = []
    for part, group in groups.items():
        least = _least(group, known, depth + 1)
        if _is_branch(part):
            branches.append(least)
        else:
            kept += least
    return kept + min(branches, key=len, default=[])


class FrameRecorder:
    """Keeps the faults of the frames that it is shown."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}  # what is wrong -> an example, without long strings
        self.checked = 0
        self._seen: set[tuple[int, str]] = set()

    def take(self, frame: str, dialect: Dialect, sender: object) -> None:
        """Check one frame; of audio, the first of each sender."""
        kind = frame[9:60].partition('"')[0]
        if kind in AUDIO:
            if (id(sender), kind) in self._seen:
                return
            self._seen.add((id(sender), kind))
        self.checked += 1
        for fault in faults(frame, dialect):
            self.faults.setdefault(fault, frame[:600])

    def report(self) -> str:
        """Return the faults in a few lines."""
        shown = itertools.islice(self.faults.items(), MAX_SHOWN)
        lines = [f"{fault}\n    in {frame}" for fault, frame in shown]
        return f"{len(self.faults)} faults in frames of our server:\n" + "\n".join(lines)


@contextlib.contextmanager
def watching() -> Iterator[FrameRecorder]:
    """Check all that servers of this process send while the block runs."""
    recorder = FrameRecorder()
    real_handle, real_encode, real_delta = (
        ServerCore.handle,
        ServerCodec.encode,
        ServerCodec.encode_delta,
    )
    numbers = itertools.count()

    def handle(self: ServerCore, *arguments: Any, **options: Any) -> Any:
        actions = real_handle(self, *arguments, **options)
        for action in actions:
            if isinstance(action, msg.Send):
                for dialect in Dialect:
                    codec = ServerCodec(dialect, new_event_id=lambda: f"event_{next(numbers)}")
                    for frame in real_encode(codec, action.event):
                        recorder.take(frame, dialect, self)
        return actions

    def encode(self: ServerCodec, event: Any) -> list[str]:
        frames = real_encode(self, event)
        for frame in frames:
            recorder.take(frame, self.dialect, self)
        return frames

    def encode_delta(self: ServerCodec, delta: Any) -> str:
        frame = real_delta(self, delta)
        recorder.take(frame, self.dialect, self)
        return frame

    for dialect in Dialect:
        models(dialect)
    ServerCore.handle, ServerCodec.encode, ServerCodec.encode_delta = (  # type: ignore[method-assign]
        handle,
        encode,
        encode_delta,
    )
    try:
        yield recorder
    finally:
        ServerCore.handle, ServerCodec.encode, ServerCodec.encode_delta = (  # type: ignore[method-assign]
            real_handle,
            real_encode,
            real_delta,
        )
