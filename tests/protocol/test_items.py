import pytest
from pydantic import ValidationError

from tests.protocol.samples import FACTS
from voice.protocol import items
from voice.protocol.items import (
    AssistantMessage,
    FunctionCall,
    FunctionCallOutput,
    InputAudio,
    InputImage,
    InputText,
    ItemReference,
    OutputAudio,
    OutputText,
    SystemMessage,
    UnknownItem,
    UnknownPart,
    UserMessage,
    parse_item,
)

WIRE_ITEMS = [
    {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hush."}]},
    {
        "id": "item_1",
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Hi"},
            {"type": "input_audio", "audio": "AAAA", "transcript": None},
            {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "high"},
        ],
    },
    {
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "output_text", "text": "Hello"},
            {"type": "output_audio", "transcript": "Hello"},
        ],
    },
    {"type": "function_call", "name": "clock", "call_id": "call_1", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": ""},
    {
        "id": "mcp_1",
        "type": "mcp_list_tools",
        "server_label": "home",
        "tools": [{"name": "lamp", "input_schema": {}}],
    },
    {
        "id": "mcp_2",
        "type": "mcp_call",
        "server_label": "home",
        "name": "lamp",
        "arguments": "{}",
        "error": {"type": "http_error", "code": 500, "message": "no"},
    },
    {
        "id": "mcp_3",
        "type": "mcp_approval_request",
        "server_label": "home",
        "name": "lamp",
        "arguments": "{}",
    },
    {
        "id": "mcp_4",
        "type": "mcp_approval_response",
        "approval_request_id": "mcp_3",
        "approve": False,
        "reason": "no",
    },
    {"type": "item_reference", "id": "item_1"},
]

MODELS = {
    "RealtimeConversationItemSystemMessage": SystemMessage,
    "RealtimeConversationItemUserMessage": UserMessage,
    "RealtimeConversationItemAssistantMessage": AssistantMessage,
    "RealtimeConversationItemFunctionCall": FunctionCall,
    "RealtimeConversationItemFunctionCallOutput": FunctionCallOutput,
    "RealtimeMcpListTools": items.McpListTools,
    "RealtimeMcpToolCall": items.McpCall,
    "RealtimeMcpApprovalRequest": items.McpApprovalRequest,
    "RealtimeMcpApprovalResponse": items.McpApprovalResponse,
}


@pytest.mark.parametrize("wire", WIRE_ITEMS, ids=lambda wire: wire["type"])
def test_every_item_comes_back_as_it_was_sent(wire):
    item = parse_item(wire)
    assert not isinstance(item, UnknownItem)
    assert item.to_wire() == wire


@pytest.mark.parametrize("name", MODELS)
def test_every_field_of_every_item_is_modelled(name):
    assert set(FACTS["objects"][name]) <= set(MODELS[name].model_fields)


def test_parts_get_their_own_classes():
    user, assistant = parse_item(WIRE_ITEMS[1]), parse_item(WIRE_ITEMS[2])
    assert [type(part) for part in user.content] == [InputText, InputAudio, InputImage]
    assert [type(part) for part in assistant.content] == [OutputText, OutputAudio]


def test_null_content_and_null_text_are_empty():
    item = parse_item({"type": "message", "role": "user", "content": None})
    assert item == UserMessage(content=[])
    assert items.parse_part({"type": "input_text", "text": None}) == InputText(text="")


def test_old_part_names_are_read_as_the_new_ones():
    item = parse_item(
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": "a"}, {"type": "audio", "transcript": "b"}],
        }
    )
    assert item.content == [OutputText(text="a"), OutputAudio(transcript="b")]


def test_an_unknown_part_and_an_unknown_item_keep_all_their_fields():
    wire = {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_smell", "molecule": "geosmin"}],
    }
    item = parse_item(wire)
    assert isinstance(item.content[0], UnknownPart)
    assert item.to_wire() == wire
    strange = {"type": "web_search_call", "query": {"deep": [1]}}
    assert parse_item(strange) == UnknownItem.model_validate(strange)
    assert parse_item(strange).to_wire() == strange
    assert isinstance(parse_item({"type": "message", "role": "tool"}), UnknownItem)


def test_a_message_without_type_is_still_a_message():
    assert isinstance(parse_item({"role": "user", "content": []}), UserMessage)


def test_arguments_and_output_given_as_objects_become_json_text():
    call = parse_item({"type": "function_call", "name": "f", "arguments": {"a": 1}, "role": "tool"})
    assert call.arguments == '{"a":1}'
    output = parse_item({"type": "function_call_output", "call_id": "c", "output": {"ok": True}})
    assert output.output == '{"ok":true}'


def test_a_call_without_arguments_is_sent_with_empty_ones():
    assert FunctionCall(name="f", call_id="c").to_wire() == {
        "type": "function_call",
        "name": "f",
        "call_id": "c",
        "arguments": "",
    }


def test_an_item_already_read_is_returned_as_it_is():
    reference = ItemReference(id="item_1")
    assert parse_item(reference) is reference


@pytest.mark.parametrize("value", [None, 5, "item", [], [{}]])
def test_what_is_no_object_is_no_item(value):
    with pytest.raises(ValueError, match="must be an object"):
        parse_item(value)


def test_an_output_needs_the_call_that_it_answers():
    with pytest.raises(ValidationError):
        parse_item({"type": "function_call_output", "output": "x"})


def test_a_hundred_thousand_wrong_parts_give_one_complaint():
    wire = {"type": "message", "role": "user", "content": [1] * 100_000}
    with pytest.raises(ValidationError) as caught:
        parse_item(wire)
    assert caught.value.error_count() == 1
