from voice.protocol.items import AssistantMessage
from voice.protocol.response_events import (
    RESPONSE_EVENT_MODELS,
    AudioDelta,
    ResponseContentPartDone,
    ResponseCreated,
    ResponseFunctionCallArgumentsDone,
    ResponseOutputItemAdded,
)
from voice.protocol.response_object import Response


def test_a_response_in_the_making_says_that_nothing_is_known_yet():
    wire = ResponseCreated(event_id="e", response=Response(id="resp_1")).to_wire()
    assert wire["response"] == {
        "id": "resp_1",
        "object": "realtime.response",
        "status": "in_progress",
        "status_details": None,
        "output": [],
        "conversation_id": None,
        "usage": None,
        "metadata": None,
    }


def test_an_added_item_has_its_empty_content():
    wire = ResponseOutputItemAdded(
        event_id="e", response_id="resp_1", item=AssistantMessage(id="item_1", status="in_progress")
    ).to_wire()
    assert wire["output_index"] == 0
    assert wire["item"]["content"] == []
    assert wire["item"]["object"] == "realtime.item"


def test_a_done_part_without_the_part_is_read():
    read = ResponseContentPartDone.model_validate({"response_id": "r", "item_id": "i"})
    assert read.part.type == "text"


def test_done_arguments_have_a_name_even_where_the_server_left_it_out():
    read = ResponseFunctionCallArgumentsDone.model_validate({"item_id": "i", "arguments": "{}"})
    assert (read.name, read.call_id) == ("", "")


def test_an_audio_delta_is_a_light_value():
    delta = AudioDelta("resp_1", "item_1", 0, 0, b"\0\0", "e")
    assert delta == AudioDelta("resp_1", "item_1", 0, 0, b"\0\0", "e")
    assert not hasattr(delta, "__dict__")


def test_every_event_of_a_response_is_in_the_list_once():
    kinds = [model.model_fields["type"].default for model in RESPONSE_EVENT_MODELS]
    assert len(set(kinds)) == len(kinds) == 19
    assert all(kind.startswith("response.") for kind in kinds)
