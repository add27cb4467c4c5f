"""Turns the core's prompt into what a brain is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from voice.core.ledger import Entry
from voice.core.server_messages import Prompt
from voice.engines.ports import BrainMessage, BrainRequest, BrainTool, CallRequest
from voice.protocol.tool_examples import EXAMPLES_KEY

UNSEEN_PICTURE = "(The user showed a picture here, which you cannot see.)"


def brain_request(prompt: Prompt, *, takes_images: bool = True) -> BrainRequest:
    """Return the brain's request; calls and outputs that lost their partner are left out.

    A brain that does not take images reads in their place that there was one.
    """
    return BrainRequest(
        instructions=prompt.instructions,
        messages=_messages(prompt.entries, takes_images=takes_images),
        tools=brain_tools(prompt.tools),
        tool_choice=_tool_choice(prompt.tool_choice),
        parallel_tool_calls=prompt.parallel_tool_calls,
        max_output_tokens=prompt.max_output_tokens,
        temperature=prompt.temperature,
        conversation_id=prompt.conversation_id,
    )


def brain_tools(tools: Sequence[Mapping[str, Any]]) -> tuple[BrainTool, ...]:
    """Return the functions among a session's tools, example sentences taken out of the schema."""
    return tuple(_tool(tool) for tool in tools if tool.get("type") == "function")


def _messages(entries: tuple[Entry, ...], *, takes_images: bool) -> tuple[BrainMessage, ...]:
    answered = {entry.call_id for entry in entries if entry.kind == "function_call_output"}
    asked = {entry.call_id for entry in entries if entry.kind == "function_call"}
    messages: list[BrainMessage] = []
    for entry in entries:
        if entry.kind == "function_call":
            # A call that nobody answered would be refused by every chat endpoint.
            if entry.call_id in answered:
                _add_call(messages, entry)
        elif entry.kind == "function_call_output":
            if entry.call_id in asked:
                messages.append(BrainMessage("tool", entry.text, call_id=entry.call_id))
        elif entry.role in ("system", "user", "assistant"):
            messages.append(_message(entry, takes_images=takes_images))
    return tuple(messages)


def _message(entry: Entry, *, takes_images: bool) -> BrainMessage:
    if takes_images or not entry.image_urls:
        return BrainMessage(_role(entry), entry.text, image_urls=tuple(entry.image_urls))
    return BrainMessage(_role(entry), f"{entry.text} {UNSEEN_PICTURE}".lstrip())


def _add_call(messages: list[BrainMessage], entry: Entry) -> None:
    call = CallRequest(entry.call_id or entry.item_id, entry.name or "", entry.arguments)
    last = messages[-1] if messages else None
    if last is not None and last.role == "assistant" and last.calls:
        messages[-1] = BrainMessage("assistant", last.text, calls=(*last.calls, call))
    else:
        messages.append(BrainMessage("assistant", calls=(call,)))


def _role(entry: Entry) -> Any:
    return entry.role


def _tool(tool: Mapping[str, Any]) -> BrainTool:
    parameters = dict(tool.get("parameters") or {"type": "object", "properties": {}})
    examples = parameters.pop(EXAMPLES_KEY, ())
    return BrainTool(
        name=str(tool["name"]),
        description=str(tool.get("description") or ""),
        parameters=parameters,
        examples=tuple(str(example) for example in examples),
    )


def _tool_choice(choice: str | Mapping[str, Any]) -> str:
    if isinstance(choice, str):
        return choice
    return f"name:{choice.get('name', '')}" if choice.get("type") == "function" else "auto"
