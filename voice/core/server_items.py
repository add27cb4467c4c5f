"""Ledger entries to wire items and back, for the server."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from voice.core import refusals
from voice.core.ledger import Entry
from voice.protocol.items import Item, parse_item

_TEXT_PARTS = frozenset({"input_text", "output_text", "text"})
_AUDIO_PARTS = frozenset({"input_audio", "output_audio", "audio"})


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


def entry_of(item: dict[str, Any], item_id: str) -> tuple[Entry, bytes]:
    """Return the ledger entry of a client's item, and the audio inside it (empty where none).

    Raises Refusal for a kind, role or content that a conversation cannot hold.
    """
    match item.get("type", "message"):
        case "function_call":
            return _call_entry(item, item_id), b""
        case "function_call_output":
            output, call_id = item.get("output"), item.get("call_id")
            if not isinstance(call_id, str):
                raise refusals.missing("item.call_id")
            if not isinstance(output, str):
                raise refusals.invalid_type("item.output", "a string", output)
            return Entry(item_id, "function_call_output", text=output, call_id=call_id), b""
        case "message":
            return _message_entry(item, item_id)
        case other:
            expected = "'message', 'function_call', 'function_call_output'"
            raise refusals.invalid_value("item.type", expected, other)


def _call_entry(item: dict[str, Any], item_id: str) -> Entry:
    if not isinstance(item.get("name"), str):
        raise refusals.missing("item.name")
    return Entry(
        item_id,
        "function_call",
        role="assistant",
        name=item["name"],
        call_id=item.get("call_id") or item_id,
        arguments=item.get("arguments") or "",
    )


def _message_entry(item: dict[str, Any], item_id: str) -> tuple[Entry, bytes]:
    role = item.get("role")
    if role not in ("system", "user", "assistant", "developer"):
        raise refusals.invalid_value("item.role", "'system', 'user', 'assistant'", role)
    entry = Entry(item_id, "message", role="system" if role == "developer" else role)
    texts: list[str] = []
    audio = b""
    for index, part in enumerate(item.get("content") or ()):
        where = f"item.content[{index}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _TEXT_PARTS:
            texts.append(part.get("text") or "")
        elif kind in _AUDIO_PARTS:
            entry.spoken = True
            texts.append(part.get("transcript") or "")
            audio += _audio_bytes(part.get("audio"), f"{where}.audio")
        elif kind == "input_image" and role == "user":
            entry.image_urls.append(str(part.get("image_url") or ""))
        else:
            expected = "'input_text', 'input_audio', 'input_image', 'output_text', 'output_audio'"
            raise refusals.invalid_value(f"{where}.type", expected, kind)
    entry.text = " ".join(text for text in texts if text)
    return entry, audio


def _audio_bytes(encoded: Any, param: str) -> bytes:
    if not encoded:
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise refusals.Refusal(
            "invalid_value", f"Invalid '{param}': expected base64 audio.", param=param
        ) from None
