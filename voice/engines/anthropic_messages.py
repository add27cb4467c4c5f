"""From a BrainRequest to the body of an Anthropic Messages request: pure, dicts only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from voice.engines.chat_messages import NO_OUTPUT_YET
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallRequest

GO_ON = "(Go on.)"
"""Stands where the user's word would: the interface wants it first and last."""

STABLE = {"cache_control": {"type": "ephemeral"}}
"""Marks the end of what each turn of a conversation repeats: tools, then instructions."""

Block = dict[str, Any]


def messages_body(
    request: BrainRequest, *, model: str, max_tokens: int, caches: bool = True
) -> dict[str, Any]:
    """Return the request's JSON object, holding only what the request sets.

    ``max_tokens`` is the most that may be asked for, whatever the request allows; ``caches`` marks
    the prefix that stays the same.
    """
    limit = min(request.max_output_tokens or max_tokens, max_tokens)
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": limit,
        "messages": anthropic_messages(request.messages),
    }
    if system := _system(request, caches=caches):
        body["system"] = system
    if request.tools:
        tools = [_tool(tool) for tool in request.tools]
        if caches and not request.instructions:
            tools[-1].update(STABLE)
        body["tools"] = tools
        if choice := _tool_choice(request):
            body["tool_choice"] = choice
    if request.temperature is not None:
        body["temperature"] = min(request.temperature, 1.0)  # the interface's highest
    return body


def anthropic_messages(messages: tuple[BrainMessage, ...]) -> list[dict[str, Any]]:
    """Return the conversation as alternating turns, the user's first and last.

    Each call is followed at once by its output, wherever the output stands in the conversation.
    Words of the system are not in it: they belong to the instructions.
    """
    outputs = {m.call_id: m.text for m in messages if m.role == "tool"}
    turns: list[tuple[str, list[Block]]] = []
    for message in messages:
        if message.role == "user":
            _add(turns, "user", _user(message))
        elif message.role == "assistant":
            text = message.text.rstrip()  # the interface refuses trailing space
            said = [{"type": "text", "text": text}] if text else []
            _add(turns, "assistant", [*said, *(_use(call) for call in message.calls)])
            _add(turns, "user", [_result(call, outputs) for call in message.calls])
    if not turns or turns[0][0] != "user":
        turns.insert(0, ("user", [{"type": "text", "text": GO_ON}]))
    if turns[-1][0] != "user":
        _add(turns, "user", [{"type": "text", "text": GO_ON}])
    return [{"role": role, "content": _content(blocks)} for role, blocks in turns]


def _add(turns: list[tuple[str, list[Block]]], role: str, blocks: list[Block]) -> None:
    """Append to the turn that is the same side's, else begin one."""
    if not blocks:
        return
    if turns and turns[-1][0] == role:
        turns[-1][1].extend(blocks)
    else:
        turns.append((role, blocks))


def _content(blocks: list[Block]) -> str | list[Block]:
    """Return one plain text as the string it may be: every gateway takes that."""
    if len(blocks) == 1 and blocks[0]["type"] == "text":
        return str(blocks[0]["text"])
    return blocks


def _user(message: BrainMessage) -> list[Block]:
    blocks: list[Block] = [_image(url) for url in message.image_urls]
    if message.text.strip():
        blocks.append({"type": "text", "text": message.text})
    return blocks


def _image(url: str) -> Block:
    data = re.match(r"data:([^;,]+);base64,(.*)", url, re.DOTALL)
    if data is None:
        return {"type": "image", "source": {"type": "url", "url": url}}
    source = {"type": "base64", "media_type": data[1], "data": data[2]}
    return {"type": "image", "source": source}


def _use(call: CallRequest) -> Block:
    return {"type": "tool_use", "id": _id(call), "name": call.name, "input": _input(call)}


def _result(call: CallRequest, outputs: Mapping[str | None, str]) -> Block:
    output = outputs.get(call.call_id, NO_OUTPUT_YET)
    return {"type": "tool_result", "tool_use_id": _id(call), "content": output}


def _id(call: CallRequest) -> str:
    """Return a call's id in the letters that the interface takes."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", call.call_id) or "call"


def _input(call: CallRequest) -> dict[str, Any]:
    """Return the arguments as the object that the interface wants, {} where they are none."""
    try:
        value = json.loads(call.arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _system(request: BrainRequest, *, caches: bool) -> str | list[Block]:
    """Return the instructions and, behind the part that stays, the system's later words."""
    later = [m.text for m in request.messages if m.role == "system" and m.text.strip()]
    if not request.instructions:
        return "\n\n".join(later)
    if not caches and not later:
        return request.instructions
    first: Block = {"type": "text", "text": request.instructions, **(STABLE if caches else {})}
    return [first, *({"type": "text", "text": text} for text in later)]


def _tool(tool: BrainTool) -> Block:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": {"type": "object", **tool.parameters},
    }


def _tool_choice(request: BrainRequest) -> Block | None:
    """Return the choice; None for what is meant where nothing is said."""
    choice = request.tool_choice
    if choice == "none":
        return {"type": "none"}
    mapped: Block = {"type": "any" if choice == "required" else "auto"}
    if choice.startswith("name:"):
        mapped = {"type": "tool", "name": choice.removeprefix("name:")}
    if not request.parallel_tool_calls:
        return {**mapped, "disable_parallel_tool_use": True}
    return None if mapped == {"type": "auto"} else mapped
