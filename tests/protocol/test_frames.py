import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import LocalProtocolError, RemoteProtocolError
from voice.protocol.client_events import (
    ConversationItemCreate,
    ConversationItemTruncate,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.frames import (
    MAX_DEPTH,
    dump_object,
    parse_object,
    read_strictly,
    read_tolerantly,
    refuse_depth,
)
from voice.protocol.server_events import ResponseDone, SessionCreated


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "NaN",
        '{"type":NaN}',
        '{"type":"a","x":Infinity}',
        '{"type":"a","x":1e999}',
        '{"type":"a","x":' + "9" * 5000 + "}",
        '{"type":"\\ud800"}',
        '{"type":"\ud800"}',
        "[" * 5000 + "]" * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "\x00",
        "\ufeff{}",
        "<html>",
    ],
)
def test_what_is_no_json_is_invalid_json(frame):
    with pytest.raises(RemoteProtocolError) as caught:
        parse_object(frame)
    assert caught.value.code == "invalid_json"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "frame", ["5", "null", '"text"', "[]", "{}", '{"type":5}', '{"type":null}']
)
def test_what_is_no_event_is_an_invalid_event(frame):
    with pytest.raises(RemoteProtocolError) as caught:
        parse_object(frame)
    assert caught.value.code == "invalid_event"


def test_an_event_without_type_still_names_itself():
    with pytest.raises(RemoteProtocolError) as caught:
        parse_object('{"event_id":"e1"}')
    assert (caught.value.param, caught.value.event_id) == ("type", "e1")


def test_nesting_is_refused_beyond_a_bound_and_fine_below():
    def nested(levels):
        frame = '{"type":"a","event_id":"e","x":' + "[" * levels + "]" * levels + "}"
        return frame, parse_object(frame)

    refuse_depth(*nested(MAX_DEPTH - 1))
    with pytest.raises(RemoteProtocolError, match="nested at most 64") as caught:
        refuse_depth(*nested(MAX_DEPTH))
    assert caught.value.event_id == "e"
    flat = '{"type":"a","x":[' + ",".join(["{}"] * 500) + "]}"
    refuse_depth(flat, parse_object(flat))


ITEM = {"type": "message", "role": "user", "content": []}


@pytest.mark.parametrize(
    ("model", "body", "code", "param"),
    [
        (ConversationItemTruncate, {}, "missing_required_parameter", "item_id"),
        (
            ConversationItemTruncate,
            {"item_id": "i", "content_index": 0, "audio_end_ms": "soon"},
            "invalid_type",
            "audio_end_ms",
        ),
        (
            ConversationItemTruncate,
            {"item_id": "i", "content_index": -1, "audio_end_ms": 5},
            "integer_below_min_value",
            "content_index",
        ),
        (
            ConversationItemTruncate,
            {"item_id": "i", "content_index": 0, "audio_end_ms": 1e30},
            "integer_above_max_value",
            "audio_end_ms",
        ),
        (ConversationItemCreate, {"item": 5}, "invalid_value", "item"),
        (
            ConversationItemCreate,
            {"item": {"type": "function_call_output", "output": "x"}},
            "missing_required_parameter",
            "item.call_id",
        ),
        (
            ConversationItemCreate,
            {"item": {**ITEM, "content": [{"type": "input_text", "text": 5}]}},
            "invalid_type",
            "item.content[0].text",
        ),
        (
            ResponseCreate,
            {"response": {"input": [ITEM, {**ITEM, "content": [7]}]}},
            "invalid_value",
            "response.input[1].content[0]",
        ),
        (
            ResponseCreate,
            {"response": {"metadata": {"a": 5}}},
            "invalid_type",
            "response.metadata.a",
        ),
        (
            SessionUpdate,
            {"session": {"audio": {"input": {"format": {"type": "audio/opus"}}}}},
            "invalid_value",
            "session.audio.input.format",
        ),
        (
            SessionUpdate,
            {"session": {"audio": {"input": {"turn_detection": {"threshold": "high"}}}}},
            "invalid_type",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            SessionUpdate,
            {"session": {"max_output_tokens": "lots"}},
            "invalid_type",
            "session.max_output_tokens",
        ),
        (SessionUpdate, {"session": {"tools": [5]}}, "invalid_value", "session.tools[0]"),
        (SessionUpdate, {"session": []}, "invalid_value", "session"),
    ],
)
def test_a_wrong_field_is_named_with_the_protocols_own_code(model, body, code, param):
    wire = {"type": model.model_fields["type"].default, "event_id": "e1", **body}
    with pytest.raises(RemoteProtocolError) as caught:
        read_strictly(model, wire)
    error = caught.value
    assert (error.code, error.param, error.event_id) == (code, param, "e1")
    assert param in str(error)


def test_a_complaint_never_shows_what_was_sent():
    body = {"item": {**ITEM, "content": [{"type": "input_text", "text": {"s": "hunter2"}}]}}
    with pytest.raises(RemoteProtocolError) as caught:
        read_strictly(ConversationItemCreate, {"type": "conversation.item.create", **body})
    error = caught.value
    assert "hunter2" not in f"{error} {error.__cause__} {error.args}"
    assert error.__suppress_context__


def test_a_wrong_optional_field_of_a_server_is_left_out_and_told():
    wire = {
        "type": "session.created",
        "session": {
            "model": "m",
            "expires_at": "tomorrow",
            "tools": [{"type": "function", "name": "a"}, 5],
            "audio": {"input": {"turn_detection": "on", "format": {"type": "audio/pcm"}}},
        },
    }
    event, dropped = read_tolerantly(SessionCreated, wire)
    assert event.session.model == "m"
    assert event.session.expires_at is None
    assert [tool.name for tool in event.session.tools] == ["a"]
    assert event.session.audio.input.format.rate_hz == 24_000
    assert sorted(dropped) == [
        "session.audio.input.turn_detection",
        "session.expires_at",
        "session.tools[1]",
    ]
    assert wire["session"]["expires_at"] == "tomorrow"


def test_a_server_event_that_nothing_can_stand_for_is_an_error():
    with pytest.raises(RemoteProtocolError) as caught:
        read_tolerantly(ResponseDone, {"type": "response.done", "response": "gone"})
    assert caught.value.param == "response"
    with pytest.raises(RemoteProtocolError):
        read_tolerantly(ResponseDone, {"type": "response.done"})


def test_repairs_have_an_end():
    wire = {"type": "response.done", "response": {"output": [5] * 100}}
    with pytest.raises(RemoteProtocolError) as caught:
        read_tolerantly(ResponseDone, wire)
    assert caught.value.param == "response.output[0]"


def test_half_a_surrogate_pair_is_replaced_on_the_way_out():
    wire = {"type": "a", "output": "x\ud800y", "list": ["\udfff"], "\ud801": 1}
    assert json.loads(dump_object(wire)) == {"type": "a", "output": "x?y", "list": ["?"], "?": 1}


@pytest.mark.parametrize("value", [object(), 2**70, {1: 2}, {"a", "b"}])
def test_what_json_cannot_say_is_our_own_error(value):
    with pytest.raises(LocalProtocolError, match="event 'odd' holds something"):
        dump_object({"type": "odd", "value": value})


def test_a_structure_without_end_is_our_own_error():
    endless: dict = {"type": "odd"}
    endless["self"] = endless
    with pytest.raises(LocalProtocolError):
        dump_object(endless)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_an_object_or_a_remote_protocol_error(text):
    try:
        data = parse_object(text)
    except RemoteProtocolError:
        return
    assert isinstance(data["type"], str)
