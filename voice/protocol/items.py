"""Conversation items and their content parts, in GA spelling.

Anything that a peer invents becomes an UnknownItem or UnknownPart with all its fields kept, so a
conversation never breaks on an item that we cannot read.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import PlainValidator

from voice.protocol.wire_model import (
    EMPTY_IF_NULL,
    FAIL_FAST,
    OPEN,
    ItemStatus,
    JsonText,
    PartialModel,
    Text,
    WireModel,
)

ANNOUNCE_PREFIX: Final = "Tell the user now: "
"""A system message that starts so asks the assistant to say the rest of it at once."""


class InputText(WireModel):
    """Text that a user typed or a system message holds."""

    type: Literal["input_text"] = "input_text"
    text: Text = ""


class InputAudio(PartialModel):
    """Speech of the user; ``audio`` is base64. A transcript set to None is sent as null."""

    type: Literal["input_audio"] = "input_audio"
    audio: str | None = None
    transcript: str | None = None


class InputImage(WireModel):
    """A picture as a data URI (PNG or JPEG)."""

    type: Literal["input_image"] = "input_image"
    image_url: str | None = None
    detail: Annotated[Literal["auto", "low", "high"], OPEN] | None = None


class OutputText(WireModel):
    """Text that the assistant wrote."""

    type: Literal["output_text"] = "output_text"
    text: Text = ""


class OutputAudio(PartialModel):
    """Speech of the assistant; ``audio`` is base64 and usually absent."""

    type: Literal["output_audio"] = "output_audio"
    audio: str | None = None
    transcript: str | None = None


class UnknownPart(WireModel):
    """A content part of a kind that we do not know, with all its fields."""

    type: Text = ""


ContentPart: TypeAlias = (
    InputText | InputAudio | InputImage | OutputText | OutputAudio | UnknownPart
)

_PARTS: Final[dict[str, type[WireModel]]] = {
    "input_text": InputText,
    "input_audio": InputAudio,
    "input_image": InputImage,
    "output_text": OutputText,
    "output_audio": OutputAudio,
}

# Beta's names inside assistant messages; some GA servers still use them.
_OLD_PART_NAMES: Final = {"text": "output_text", "audio": "output_audio"}


def parse_part(value: object) -> ContentPart:
    """Read one content part; raises ValueError where it is no object or a known field is wrong."""
    if isinstance(value, WireModel):
        return value  # type: ignore[return-value]
    if not isinstance(value, dict):
        raise ValueError("a content part must be an object")
    kind = value.get("type")
    if isinstance(kind, str):
        if kind in _OLD_PART_NAMES:
            value = {**value, "type": _OLD_PART_NAMES[kind]}
        model = _PARTS.get(value["type"])
        if model is not None:
            return model.model_validate(value)  # type: ignore[return-value]
    return UnknownPart.model_validate(value)


AnyPart = Annotated[ContentPart, PlainValidator(parse_part)]
Content = Annotated[list[AnyPart], FAIL_FAST, EMPTY_IF_NULL]


class _BaseItem(WireModel):
    """What all items share; ``id`` is None until somebody gave one."""

    id: str | None = None
    object: str | None = None
    type: str
    status: ItemStatus | None = None


class SystemMessage(_BaseItem):
    """An instruction in the middle of a conversation."""

    type: Literal["message"] = "message"
    role: Literal["system"] = "system"
    content: Content = []


class UserMessage(_BaseItem):
    """What the user said, typed or showed."""

    type: Literal["message"] = "message"
    role: Literal["user"] = "user"
    content: Content = []


class AssistantMessage(_BaseItem):
    """What the assistant said or wrote."""

    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    content: Content = []


class FunctionCall(_BaseItem):
    """A call that the assistant asks for; ``arguments`` is JSON text, empty while it streams."""

    type: Literal["function_call"] = "function_call"
    name: Text = ""
    call_id: str | None = None
    arguments: JsonText = ""


class FunctionCallOutput(_BaseItem):
    """The answer to one call; ``output`` is free text, usually JSON, possibly empty."""

    type: Literal["function_call_output"] = "function_call_output"
    call_id: str
    output: JsonText


class McpListTools(_BaseItem):
    """The tools that a server-side MCP server offers."""

    type: Literal["mcp_list_tools"] = "mcp_list_tools"
    server_label: Text = ""
    tools: Annotated[list[dict[str, Any]], EMPTY_IF_NULL] = []


class McpCall(_BaseItem):
    """A call that the endpoint itself makes to an MCP server."""

    type: Literal["mcp_call"] = "mcp_call"
    server_label: Text = ""
    name: Text = ""
    arguments: JsonText = ""
    approval_request_id: str | None = None
    error: dict[str, Any] | str | None = None
    output: str | None = None


class McpApprovalRequest(_BaseItem):
    """The endpoint asks whether it may make an MCP call."""

    type: Literal["mcp_approval_request"] = "mcp_approval_request"
    server_label: Text = ""
    name: Text = ""
    arguments: JsonText = ""


class McpApprovalResponse(_BaseItem):
    """The client's answer to an approval request."""

    type: Literal["mcp_approval_response"] = "mcp_approval_response"
    approval_request_id: str
    approve: bool
    reason: str | None = None


class ItemReference(WireModel):
    """Names an item of the conversation; legal only inside ``response.create``'s input."""

    type: Literal["item_reference"] = "item_reference"
    id: str


class UnknownItem(_BaseItem):
    """An item of a kind that we do not know, with all its fields."""

    type: Text = ""


Message: TypeAlias = SystemMessage | UserMessage | AssistantMessage

Item: TypeAlias = (
    SystemMessage
    | UserMessage
    | AssistantMessage
    | FunctionCall
    | FunctionCallOutput
    | McpListTools
    | McpCall
    | McpApprovalRequest
    | McpApprovalResponse
    | ItemReference
    | UnknownItem
)

_MESSAGES: Final[dict[str, type[WireModel]]] = {
    "system": SystemMessage,
    "user": UserMessage,
    "assistant": AssistantMessage,
}

_ITEMS: Final[dict[str, type[WireModel]]] = {
    "function_call": FunctionCall,
    "function_call_output": FunctionCallOutput,
    "mcp_list_tools": McpListTools,
    "mcp_call": McpCall,
    "mcp_approval_request": McpApprovalRequest,
    "mcp_approval_response": McpApprovalResponse,
    "item_reference": ItemReference,
}


def parse_item(value: Mapping[str, Any] | WireModel | object) -> Item:
    """Read one item; an item already read is returned as it is.

    Raises ValueError (pydantic's ValidationError) where it is no object or a known field is wrong.
    """
    if isinstance(value, WireModel):
        return value  # type: ignore[return-value]
    if not isinstance(value, dict):
        raise ValueError("an item must be an object")
    kind, role = value.get("type"), value.get("role")
    model: type[WireModel] | None = None
    if isinstance(kind, str) and kind != "message":
        model = _ITEMS.get(kind)
    elif isinstance(role, str) and kind in ("message", None):
        model = _MESSAGES.get(role)
        value = {**value, "type": "message"}
    return (model or UnknownItem).model_validate(value)  # type: ignore[return-value]


AnyItem = Annotated[Item, PlainValidator(parse_item)]
"""An item as a field of another model."""

AnyItems = Annotated[list[AnyItem], FAIL_FAST]
"""A list of items; reading stops at the first wrong one, however long the list."""
