import pytest
from pydantic import TypeAdapter, ValidationError

from tests.protocol.samples import FACTS, event, kinds
from voice.protocol.client_events import (
    CLIENT_EVENTS,
    ConversationItemCreate,
    ConversationItemTruncate,
    InputAudioBufferCommit,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.items import InputText, UserMessage
from voice.protocol.session_config import ResponseConfig, SessionConfig

GA = FACTS["ga"]["client"]


def test_every_client_event_is_modelled_and_nothing_else():
    assert set(CLIENT_EVENTS) == set(GA) | set(FACTS["beta"]["client"])


@pytest.mark.parametrize("kind", CLIENT_EVENTS)
def test_a_class_is_named_for_its_event_type(kind):
    words = kind.replace("_", ".").split(".")
    assert CLIENT_EVENTS[kind].__name__ == "".join(word.capitalize() for word in words)


@pytest.mark.parametrize("kind", GA)
def test_every_field_of_every_client_event_is_modelled(kind):
    fields = CLIENT_EVENTS[kind].model_fields
    assert {"type", *GA[kind]["required"], *GA[kind]["optional"]} == set(fields)


@pytest.mark.parametrize("kind", GA)
def test_required_fields_are_required_and_alone_enough(kind):
    model, wire = CLIENT_EVENTS[kind], event("ga", "client", kind)
    assert model.model_validate(wire).to_wire() == wire
    for name in GA[kind]["required"]:
        with pytest.raises(ValidationError):
            model.model_validate({key: value for key, value in wire.items() if key != name})


@pytest.mark.parametrize("kind", GA)
def test_optional_fields_come_back_too(kind):
    wire = event("ga", "client", kind, optional=True)
    sent = {name: value for name, value in wire.items() if value is not None}
    assert CLIENT_EVENTS[kind].model_validate(wire).to_wire() == sent


def test_what_we_speak_passes_the_official_typed_parameters():
    from openai.types.realtime import RealtimeClientEvent

    official = TypeAdapter(RealtimeClientEvent)
    for kind in kinds("ga", "client"):
        wire = CLIENT_EVENTS[kind].model_validate(event("ga", "client", kind, optional=True))
        read = official.validate_python(wire.to_wire())
        assert read.type == kind


def test_events_are_built_with_nothing_superfluous():
    assert InputAudioBufferCommit().to_wire() == {"type": "input_audio_buffer.commit"}
    assert SessionUpdate(event_id="e", session=SessionConfig(instructions="Hi")).to_wire() == {
        "type": "session.update",
        "event_id": "e",
        "session": {"type": "realtime", "instructions": "Hi"},
    }
    assert ConversationItemCreate(item=UserMessage(content=[InputText(text="Hi")])).to_wire() == {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Hi"}],
        },
    }
    assert ResponseCreate(response=ResponseConfig(metadata={"a": "b"})).to_wire() == {
        "type": "response.create",
        "response": {"metadata": {"a": "b"}},
    }
    assert ResponseCreate().to_wire() == {"type": "response.create"}


def test_a_truncate_holds_whole_milliseconds_that_are_not_negative():
    wire = {"item_id": "i", "content_index": 0, "audio_end_ms": 299.7}
    assert ConversationItemTruncate.model_validate(wire).audio_end_ms == 299
    with pytest.raises(ValidationError):
        ConversationItemTruncate.model_validate({**wire, "audio_end_ms": -1})
