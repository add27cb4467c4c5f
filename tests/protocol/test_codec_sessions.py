"""Which dialect a server's codec speaks after a session update, and which updates it refuses."""

import json

import pytest

from tests.protocol.samples import event
from voice.errors import RemoteProtocolError
from voice.protocol.codec import ServerCodec, decode_client_event, encode_server_event
from voice.protocol.conversation_events import ConversationItemDone
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import SessionCreated, SessionUpdated
from voice.protocol.session_config import SessionConfig


def ids():
    numbers = iter(range(1, 1_000))
    return lambda: f"event_{next(numbers)}"


def test_a_flat_first_update_turns_a_ga_connection_to_beta():
    codec = ServerCodec(new_event_id=ids())
    (greeting,) = codec.encode(SessionCreated(session=SessionConfig(instructions="Hi")))
    assert json.loads(greeting)["session"]["type"] == "realtime"
    update = codec.decode('{"type":"session.update","session":{"voice":"alloy"}}')
    assert update.session.audio.output.voice == "alloy"
    assert codec.dialect is Dialect.BETA
    (answer,) = codec.encode(SessionUpdated(session=update.session))
    assert json.loads(answer)["session"] == {"voice": "alloy"}
    assert codec.encode(_done()) == []


def _done():
    return ConversationItemDone.model_validate(event("ga", "server", "conversation.item.done"))


@pytest.mark.parametrize(
    "first",
    [
        {"type": "realtime", "voice": "alloy"},
        {"type": "realtime", "output_modalities": ["text"]},
    ],
)
def test_a_connection_that_began_as_ga_stays_so(first):
    codec = ServerCodec()
    codec.decode(json.dumps({"type": "session.update", "session": first}))
    with pytest.raises(RemoteProtocolError) as caught:
        codec.decode('{"type":"session.update","session":{"voice":"alloy"}}')
    assert caught.value.code == "missing_required_parameter"
    assert codec.dialect is Dialect.GA


def test_a_temperature_is_shown_to_beta_clients_only():
    event = SessionUpdated(session=SessionConfig(temperature=0.8, instructions="Hi"))
    shown = [encode_server_event(event.model_copy(update={"event_id": "e"}), d) for d in Dialect]
    ga, beta = (json.loads(frames[0])["session"] for frames in shown)
    assert "temperature" not in ga
    assert beta["temperature"] == 0.8


def test_what_both_dialects_could_have_said_settles_nothing():
    codec = ServerCodec()
    with pytest.raises(RemoteProtocolError) as caught:
        codec.decode('{"type":"session.update","event_id":"e","session":{"instructions":"Hi"}}')
    error = caught.value
    assert (error.code, error.param, error.event_id) == (
        "missing_required_parameter",
        "session.type",
        "e",
    )
    codec.decode('{"type":"session.update","session":{"voice":"alloy"}}')
    assert codec.dialect is Dialect.BETA


def test_an_event_that_only_beta_has_turns_a_connection_to_beta():
    codec = ServerCodec()
    update = codec.decode('{"type":"transcription_session.update","session":{}}')
    assert update.session.type == "transcription"
    assert codec.dialect is Dialect.BETA


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({"type": "translation"}, "invalid_value", "session.type"),
        ({"type": 3}, "invalid_value", "session.type"),
        ({"type": "realtime", "temperature": 0.8}, "unknown_parameter", "session.temperature"),
    ],
)
def test_a_ga_session_that_upstream_would_refuse_is_refused(session, code, param):
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_event(json.dumps({"type": "session.update", "session": session}))
    assert (caught.value.code, caught.value.param) == (code, param)
