import pytest
from pydantic import TypeAdapter

from tests.protocol.samples import FACTS, event, kinds
from voice.protocol import server_events
from voice.protocol.server_events import (
    SERVER_EVENTS,
    ErrorEvent,
    InputAudioBufferCommitted,
    InputAudioBufferSpeechStarted,
    RateLimitsUpdated,
    SessionUpdated,
)
from voice.protocol.session_config import TranscriptionSessionConfig

GA = FACTS["ga"]["server"]

# Kept as unknown fields: nothing here reads them.
UNREAD = {"logprobs", "languages"}


def test_every_server_event_is_modelled_and_nothing_else():
    assert set(SERVER_EVENTS) == set(GA) | {"transcription_session.updated"}


@pytest.mark.parametrize("kind", SERVER_EVENTS)
def test_a_class_is_named_for_its_event_type_and_found_here(kind):
    words = kind.replace("_", ".").split(".")
    name = "ErrorEvent" if kind == "error" else "".join(word.capitalize() for word in words)
    assert SERVER_EVENTS[kind].__name__ == name
    assert getattr(server_events, name) is SERVER_EVENTS[kind]
    assert name in server_events.__all__


@pytest.mark.parametrize("kind", GA)
def test_every_field_of_every_server_event_is_modelled(kind):
    fields = set(SERVER_EVENTS[kind].model_fields)
    assert {*GA[kind]["required"], *GA[kind]["optional"]} - UNREAD <= fields


@pytest.mark.parametrize("kind", GA)
def test_an_event_with_its_required_fields_comes_back_as_it_was_sent(kind):
    wire = event("ga", "server", kind)
    sent = SERVER_EVENTS[kind].model_validate(wire).to_wire()
    assert {name: sent[name] for name in wire} == wire
    # Beyond them only nulls and zeros that real servers send as well.
    assert all(sent[name] in (None, 0, "") for name in sent.keys() - wire.keys())


@pytest.mark.parametrize("kind", GA)
def test_missing_and_null_indices_and_ids_are_tolerated(kind):
    wire = event("ga", "server", kind)
    lean = {k: v for k, v in wire.items() if k not in ("output_index", "content_index")}
    read = SERVER_EVENTS[kind].model_validate({**lean, "event_id": None})
    assert read.event_id is None
    for name in ("output_index", "content_index"):
        assert getattr(read, name, 0) == 0
        if name in wire:
            assert getattr(SERVER_EVENTS[kind].model_validate({**wire, name: None}), name) == 0


def test_what_we_speak_passes_the_official_typed_models():
    from openai.types.realtime import RealtimeServerEvent

    official = TypeAdapter(RealtimeServerEvent)
    for kind in kinds("ga", "server"):
        wire = SERVER_EVENTS[kind].model_validate(event("ga", "server", kind, optional=True))
        read = official.validate_python(wire.to_wire())
        assert read.type == kind


def test_an_error_given_as_a_bare_string_becomes_an_object():
    read = ErrorEvent.model_validate({"type": "error", "error": "model is loading"})
    assert read.error.to_wire() == {
        "type": "error",
        "code": None,
        "message": "model is loading",
        "param": None,
        "event_id": None,
    }


def test_a_sloppy_error_object_is_read():
    read = ErrorEvent.model_validate(
        {"type": "error", "error": {"message": {"detail": "no"}, "code": 503, "param": None}}
    )
    assert (read.error.message, read.error.code) == ('{"detail":"no"}', "503")


def test_a_null_previous_item_is_sent():
    event = InputAudioBufferCommitted(event_id="e", item_id="i")
    assert event.to_wire()["previous_item_id"] is None


def test_times_are_sent_as_whole_numbers():
    wire = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 299.5, "item_id": "i"}
    assert InputAudioBufferSpeechStarted.model_validate(wire).to_wire()["audio_start_ms"] == 299


def test_null_rate_limits_are_none_at_all():
    assert RateLimitsUpdated.model_validate({"rate_limits": None}).rate_limits == []


def test_a_transcription_session_is_told_from_a_conversation():
    wire = {"type": "session.updated", "session": {"type": "transcription"}}
    assert isinstance(SessionUpdated.model_validate(wire).session, TranscriptionSessionConfig)
