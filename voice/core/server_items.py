"""Ledger entries to wire items and back, for the server."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Any

from voice.core import refusals
from voice.core.ledger import Entry
from voice.protocol.items import Item, parse_item

MAX_ID_CHARS = 128
"""Longest id of a client's item. Upstream takes 32; longer ones harm nobody and some are UUIDs."""

MAX_IMAGE_CHARS = 8 * 1024 * 1024
"""Longest data URI of one picture."""

_TEXT_PARTS = frozenset({"input_text", "output_text", "text"})
_AUDIO_PARTS = frozenset({"input_audio", "output_audio", "audio"})
_IMAGE_STARTS = {
    "data:image/png;base64,": b"\x89PNG\r\n\x1a\n",
    "data:image/jpeg;base64,": b"\xff\xd8\xff",
    "data:image/jpg;base64,": b"\xff\xd8\xff",
}


def wire_item(entry: Entry) -> Item:
    """Return the GA item that shows an entry, of a spoken one the heard words."""
    item: dict[str, Any] = {
        "id": entry.item_id,
        "object": "realtime.item",
        "type": entry.kind,
        "status": entry.status,
    }
    match entry.kind:
        case "function_call":
            item |= {"name": entry.name, "call_id": entry.call_id, "arguments": entry.arguments}
        case "function_call_output":
            item |= {"call_id": entry.call_id, "output": entry.text}
        case _:
            item |= {"type": "message", "role": entry.role, "content": _content(entry)}
    return parse_item(item)


def _content(entry: Entry) -> list[dict[str, Any]]:
    if entry.role == "assistant":
        if entry.status == "in_progress":
            return []
        if entry.spoken:
            return [{"type": "output_audio", "transcript": entry.text}]
        return [{"type": "output_text", "text": entry.text}]
    images = [{"type": "input_image", "image_url": url} for url in entry.image_urls]
    if entry.spoken:
        return [{"type": "input_audio", "transcript": entry.text or None}, *images]
    return [{"type": "input_text", "text": entry.text}, *images]


@dataclass(slots=True)
class ClientItem:
    """A client's item as it was read.

    ``content`` is the parts of a message as they are shown, without the sound itself. ``audio`` is
    speech whose words are not known yet, ``unheard_part`` the place of its first part in
    ``content``.
    """

    entry: Entry
    content: list[dict[str, Any]] | None = None
    audio: bytes = b""
    unheard_part: int = 0

    def shown(self) -> Item:
        """Return the item that is told to the client."""
        if self.content is None:
            return wire_item(self.entry)
        return parse_item(
            {
                "id": self.entry.item_id,
                "object": "realtime.item",
                "type": "message",
                "status": self.entry.status,
                "role": self.entry.role,
                "content": self.content,
            }
        )


def read_item(
    item: dict[str, Any], item_id: str, *, sample_bytes: int, where: str = "item"
) -> ClientItem:
    """Read a client's item, ``where`` in its event.

    ``sample_bytes`` is the size of a sample of the session's input format. Raises Refusal for a
    kind, role or content that a conversation cannot hold.
    """
    if len(item_id) > MAX_ID_CHARS:
        raise refusals.too_long(f"{where}.id", MAX_ID_CHARS, len(item_id))
    match item.get("type", "message"):
        case "function_call":
            return ClientItem(_call_entry(item, item_id, where))
        case "function_call_output":
            output, call_id = item.get("output"), item.get("call_id")
            if not isinstance(call_id, str) or not call_id:
                raise refusals.missing(f"{where}.call_id")
            if not isinstance(output, str):
                raise refusals.invalid_type(f"{where}.output", "a string", output)
            return ClientItem(Entry(item_id, "function_call_output", text=output, call_id=call_id))
        case "message":
            return _Reader(item, item_id, sample_bytes, where).read()
        case other:
            expected = "'message', 'function_call', 'function_call_output'"
            raise refusals.invalid_value(f"{where}.type", expected, other)


def _call_entry(item: dict[str, Any], item_id: str, where: str) -> Entry:
    if not isinstance(item.get("name"), str) or not item["name"]:
        raise refusals.missing(f"{where}.name")
    return Entry(
        item_id,
        "function_call",
        role="assistant",
        name=item["name"],
        call_id=item.get("call_id") or item_id,
        arguments=item.get("arguments") or "",
    )


class _Reader:
    """Reads one message."""

    def __init__(self, item: dict[str, Any], item_id: str, sample_bytes: int, where: str) -> None:
        role = item.get("role")
        if role not in ("system", "user", "assistant", "developer"):
            raise refusals.invalid_value(f"{where}.role", "'system', 'user', 'assistant'", role)
        self._parts = item.get("content") or []
        self._where = where
        self._sample_bytes = sample_bytes
        self._texts: list[str] = []
        entry = Entry(item_id, "message", role="system" if role == "developer" else role)
        if item.get("status") == "incomplete":
            entry.status = "incomplete"
        self._read = ClientItem(entry, [])

    def read(self) -> ClientItem:
        """Return the message; raises Refusal for a part that it cannot hold."""
        for index, part in enumerate(self._parts):
            self._take(part, f"{self._where}.content[{index}]")
        self._read.entry.text = " ".join(text for text in self._texts if text)
        return self._read

    def _take(self, part: Any, where: str) -> None:
        content = self._read.content
        assert content is not None
        kind = part.get("type") if isinstance(part, dict) else None
        is_own = self._read.entry.role == "assistant"
        if kind in _TEXT_PARTS:
            text = part.get("text") or ""
            self._texts.append(text)
            content.append({"type": "output_text" if is_own else "input_text", "text": text})
        elif kind in _AUDIO_PARTS:
            content.append(self._audio(part, where, is_own=is_own))
        elif kind == "input_image" and self._read.entry.role == "user":
            url = _image_url(part.get("image_url"), f"{where}.image_url")
            detail = _detail(part.get("detail"), f"{where}.detail")
            self._read.entry.image_urls.append(url)
            content.append({"type": kind, "image_url": url, "detail": detail})
        else:
            expected = "'input_text', 'input_audio', 'input_image', 'output_text', 'output_audio'"
            raise refusals.invalid_value(f"{where}.type", expected, kind)

    def _audio(self, part: dict[str, Any], where: str, *, is_own: bool) -> dict[str, Any]:
        read, words = self._read, part.get("transcript") or ""
        read.entry.spoken = True
        self._texts.append(words)
        audio = _audio_bytes(part.get("audio"), f"{where}.audio", self._sample_bytes)
        if not is_own and not words and audio:
            if not read.audio and read.content is not None:
                read.unheard_part = len(read.content)
            read.audio += audio
        kind = "output_audio" if is_own else "input_audio"
        return {"type": kind, "transcript": words if is_own else words or None}


def _audio_bytes(encoded: Any, param: str, sample_bytes: int) -> bytes:
    if not encoded:
        return b""
    audio = _decoded(encoded, param, "base64 audio")
    if len(audio) % sample_bytes:
        raise refusals.bad_media(param, f"whole samples of {sample_bytes} bytes")
    return audio


def _image_url(url: Any, param: str) -> str:
    expected = "a picture as a data URI, data:image/png;base64,… or data:image/jpeg;base64,…"
    if not isinstance(url, str):
        raise refusals.bad_media(param, expected)
    if len(url) > MAX_IMAGE_CHARS:
        raise refusals.too_long(param, MAX_IMAGE_CHARS, len(url))
    for start, magic in _IMAGE_STARTS.items():
        if url.startswith(start):
            if not _decoded(url[len(start) :], param, "base64 data").startswith(magic):
                raise refusals.bad_media(param, "the bytes of a PNG or JPEG file")
            return url
    raise refusals.bad_media(param, expected)


def _detail(detail: Any, param: str) -> str:
    if detail not in (None, "auto", "low", "high"):
        raise refusals.invalid_value(param, "'auto', 'low', 'high'", detail)
    return detail or "auto"


def _decoded(encoded: Any, param: str, expected: str) -> bytes:
    try:
        return binascii.a2b_base64(encoded, strict_mode=True)
    except (binascii.Error, TypeError, ValueError):
        raise refusals.bad_media(param, expected) from None
