"""The errors that the server answers a client with, each with the upstream's code and wording.

Codes and texts are matched by clients in the field (PROTOCOL §2.10, §3): change none of them
lightly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

MAX_SHOWN = 80
"""Characters of a client's own text that an error shows."""

MAX_NAMED = 8
"""So many of a client's own names stand in one error."""

_TABLE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Refusal(Exception):
    """A client's request that cannot be met; the session goes on.

    ``code`` and ``param`` are the wire's machine-readable fields, ``kind`` its ``error.type``.
    """

    def __init__(
        self,
        code: str | None,
        message: str,
        *,
        param: str | None = None,
        kind: str = "invalid_request_error",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.kind = kind


def active_response(response_id: str) -> Refusal:
    """A response is running already."""
    return Refusal(
        "conversation_already_has_active_response",
        f"Conversation already has an active response in progress: {response_id}. "
        "Wait until the response is finished before creating a new one.",
    )


def too_many_beside(limit: int) -> Refusal:
    """As many out-of-band responses run as there may be; clients know the code."""
    return Refusal(
        "conversation_already_has_active_response",
        f"There are {limit} active responses beside the conversation already. "
        "Wait until one is finished before creating a new one.",
    )


def cancel_not_active() -> Refusal:
    """There is nothing to cancel; clients match the first two words."""
    return Refusal("response_cancel_not_active", "Cancellation failed: no active response found")


def commit_empty(buffered_ms: int) -> Refusal:
    """The buffer holds less than 100 ms."""
    return Refusal(
        "input_audio_buffer_commit_empty",
        "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
        f"but buffer only has {buffered_ms:.2f}ms of audio.",
    )


def unknown_item(verb: str, item_id: str) -> Refusal:
    """No item has this id; ``verb`` is truncate, retrieve or delete."""
    return Refusal(
        f"item_{verb}_invalid_item_id",
        f"Error {verb.rstrip('e')}ing item: the item with id '{_short(item_id)}' does not exist.",
        param="item_id",
    )


def unknown_anchor(item_id: str) -> Refusal:
    """``previous_item_id`` names no item."""
    return Refusal(
        "item_create_invalid_previous_item_id",
        f"Error creating item: the previous item with id '{_short(item_id)}' does not exist.",
        param="previous_item_id",
    )


def duplicate_item(item_id: str) -> Refusal:
    """The id is taken."""
    return Refusal(
        "item_create_duplicate_item_id",
        f"Error creating item: an item with id '{_short(item_id)}' already exists.",
        param="item.id",
    )


def not_audio() -> Refusal:
    """Only the assistant's speech can be cut."""
    return Refusal(
        "unsupported_content_type",
        "Only model output audio messages can be truncated",
        param="item_id",
    )


def already_shorter(audio_ms: int, audio_end_ms: int) -> Refusal:
    """A cut beyond the end."""
    return Refusal(
        "invalid_value",
        f"Audio content of {audio_ms}ms is already shorter than {audio_end_ms}ms",
        param="audio_end_ms",
    )


def voice_is_fixed() -> Refusal:
    """The voice was heard already."""
    return Refusal(
        "cannot_update_voice",
        "Cannot update a conversation's voice if assistant audio is present.",
        param="session.audio.output.voice",
    )


def unknown_parameter(param: str) -> Refusal:
    """A field that the API does not have."""
    param = _short(param)
    return Refusal("unknown_parameter", f"Unknown parameter: '{param}'.", param=param)


def invalid_value(param: str, expected: str, got: object) -> Refusal:
    """A value outside what the API allows."""
    return Refusal(
        "invalid_value",
        f"Invalid value: {_short(repr(got))}. Supported values are: {expected}.",
        param=param,
    )


def invalid_type(param: str, expected: str, got: object) -> Refusal:
    """A value of the wrong JSON type."""
    return Refusal(
        "invalid_type",
        f"Invalid type for '{param}': expected {expected}, but got {type(got).__name__} instead.",
        param=param,
    )


def missing(param: str) -> Refusal:
    """A required field is absent."""
    return Refusal(
        "missing_required_parameter", f"Missing required parameter: '{param}'.", param=param
    )


def _short(text: str) -> str:
    """Cut what a client sent: an error never echoes more than a line of it."""
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def too_long(param: str, limit: int, length: int) -> Refusal:
    """A string has more characters than are allowed."""
    return Refusal(
        "string_above_max_length",
        f"Invalid '{param}': string too long. Expected a string with maximum length {limit}, "
        f"but got a string with length {length} instead.",
        param=param,
    )


def too_many_properties(param: str, limit: int, count: int) -> Refusal:
    """An object has more pairs than are allowed."""
    return Refusal(
        "object_above_max_properties",
        f"Invalid '{param}': too many properties. Expected an object with at most {limit} "
        f"properties, but got an object with {count} properties instead.",
        param=param,
    )


def bad_media(param: str, expected: str) -> Refusal:
    """Sound or a picture that cannot be read."""
    return Refusal("invalid_value", f"Invalid '{param}': expected {expected}.", param=param)


def out_of_range(
    param: str, low: float, high: float, got: float, *, kind: Literal["integer", "decimal"]
) -> Refusal:
    """A number beyond its bounds."""
    is_low = got < low
    side, sign, bound = ("below", ">=", low) if is_low else ("above", "<=", high)
    which = "minimum" if is_low else "maximum"
    return Refusal(
        f"{kind}_{side}_{'min' if is_low else 'max'}_value",
        f"Invalid '{param}': {kind} {side} {which} value. "
        f"Expected a value {sign} {bound:g}, but got {got:g} instead.",
        param=param,
    )


def too_many(param: str, most: int, got: int) -> Refusal:
    """An array beyond its length."""
    return Refusal(
        "array_above_max_length",
        f"Invalid '{param}': array too long. Expected an array with maximum length {most}, "
        f"but got an array with length {got} instead.",
        param=param,
    )


def pattern(param: str, expected: str) -> Refusal:
    """A string that does not match what the API allows."""
    return Refusal(
        "invalid_value",
        f"Invalid '{param}': string does not match pattern. "
        f"Expected a string that matches the pattern '{expected}'.",
        param=param,
    )


def only_transcribes() -> Refusal:
    """A response is asked of a session that makes none."""
    return Refusal(
        "invalid_value",
        "A transcription session makes no responses. Update the session to type 'realtime', or "
        "open one without intent=transcription, to get answers.",
        param="type",
    )


def not_hosted(param: str, labels: Sequence[str]) -> Refusal:
    """Tools of MCP servers were left out, and the rest of what was asked for holds."""
    named = ", ".join(repr(_short(label)) for label in dict.fromkeys(labels[:MAX_NAMED]))
    table = labels[0] if _TABLE_NAME.fullmatch(labels[0]) else "NAME"
    return Refusal(
        "mcp_not_supported",
        f"This server connects to no MCP servers itself, so the tools of {named} were left out; "
        "all else that was asked for holds. For 'voice talk', add the server to voice.toml as "
        f"[tools.mcp.{table}]; other clients can offer its tools as functions.",
        param=param,
    )


def unknown_reference(param: str, item_id: str) -> Refusal:
    """An ``item_reference`` names no item of the conversation."""
    return Refusal(
        "invalid_value",
        f"Invalid '{param}': the item with id '{_short(item_id)}' does not exist.",
        param=param,
    )
