"""From a BrainRequest to the body of a Chat Completions request: pure, dicts only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from voice.engines.ports import BrainMessage, BrainRequest, BrainTool
from voice.engines.strict_tools import strict_schema

NO_OUTPUT_YET = "No result yet; the tool is still running."
"""Stands where a call has no output: the interface refuses a call that nothing answers."""


InstructionsRole: TypeAlias = Literal["system", "developer"]
"""Whose word the instructions are: newer reasoning models know a developer's."""


def request_body(
    request: BrainRequest,
    *,
    model: str,
    stream: bool = True,
    max_tokens_field: str = "max_completion_tokens",
    instructions_role: InstructionsRole = "system",
    strict_tools: bool = False,
) -> dict[str, Any]:
    """Return the request's JSON object, holding only what the request sets.

    ``strict_tools`` has the endpoint keep to the schemas of those tools that have a strict form.
    """
    messages = chat_messages(request, instructions_role=instructions_role)
    body: dict[str, Any] = {"model": model, "messages": messages}
    if stream:
        body["stream"] = True
    if request.tools:
        body["tools"] = [_tool(tool, strict=strict_tools) for tool in request.tools]
        body["tool_choice"] = _tool_choice(request.tool_choice)
        if not request.parallel_tool_calls:
            # Only where it says something: some reasoning models refuse the field itself.
            body["parallel_tool_calls"] = False
    if request.max_output_tokens is not None:
        body[max_tokens_field] = request.max_output_tokens
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


def chat_messages(
    request: BrainRequest, *, instructions_role: InstructionsRole = "system"
) -> list[dict[str, Any]]:
    """Return the conversation in the order that Chat Completions demands.

    Each call is followed at once by its output, wherever the output stands in the conversation; an
    output whose call is not there (its item was deleted) is left out, as is an empty turn.
    """
    outputs = {m.call_id: m.text for m in request.messages if m.role == "tool"}
    messages: list[dict[str, Any]] = []
    if request.instructions:
        messages.append({"role": instructions_role, "content": request.instructions})
    for message in request.messages:
        match message.role:
            case "assistant":
                messages += _assistant(message, outputs)
            case "user":
                messages += _user(message)
            case "system":
                messages.append({"role": instructions_role, "content": message.text})
    return messages


def _assistant(message: BrainMessage, outputs: Mapping[str | None, str]) -> list[dict[str, Any]]:
    if not message.calls:
        return [{"role": "assistant", "content": message.text}] if message.text else []
    calls = [
        {
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in message.calls
    ]
    answered = [
        {
            "role": "tool",
            "tool_call_id": call.call_id,
            "content": outputs.get(call.call_id, NO_OUTPUT_YET),
        }
        for call in message.calls
    ]
    return [{"role": "assistant", "content": message.text or None, "tool_calls": calls}, *answered]


def _user(message: BrainMessage) -> list[dict[str, Any]]:
    if not message.image_urls:
        return [{"role": "user", "content": message.text}] if message.text else []
    parts: list[dict[str, Any]] = []
    if message.text:
        parts.append({"type": "text", "text": message.text})
    parts += [{"type": "image_url", "image_url": {"url": url}} for url in message.image_urls]
    return [{"role": "user", "content": parts}]


def _tool(tool: BrainTool, *, strict: bool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name, "description": tool.description}
    parameters = strict_schema(tool.parameters) if strict else None
    if parameters is None:
        return {"type": "function", "function": {**function, "parameters": dict(tool.parameters)}}
    return {"type": "function", "function": {**function, "parameters": parameters, "strict": True}}


def _tool_choice(choice: str) -> str | dict[str, Any]:
    if choice.startswith("name:"):
        return {"type": "function", "function": {"name": choice.removeprefix("name:")}}
    return choice
