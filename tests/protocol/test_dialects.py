import json
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests.protocol.samples import (
    BETA_ITEM,
    BETA_RESPONSE,
    BETA_SESSION,
    GA_ITEM,
    GA_SESSION,
    event,
    kinds,
)
from voice.protocol.client_events import CLIENT_EVENTS, SessionUpdate
from voice.protocol.dialects import (
    SERVER_NAMES_TO_GA,
    BetaSpelling,
    Dialect,
    detect,
    is_flat,
    to_beta_client_event,
    to_beta_server_event,
    to_ga_client_event,
    to_ga_server_event,
)
from voice.protocol.server_events import SERVER_EVENTS

DEERAPI_UPDATE = json.loads((Path(__file__).parent / "deerapi_session_update.json").read_text())


@pytest.mark.parametrize(
    ("session", "dialect"),
    [
        (GA_SESSION, Dialect.GA),
        (BETA_SESSION, Dialect.BETA),
        ({**BETA_SESSION, **GA_SESSION}, Dialect.GA),
        ({"type": "transcription"}, Dialect.GA),
        ({"id": "sess_1", "voice": "alloy"}, Dialect.BETA),
        ({"id": "sess_1", "modalities": ["text"]}, Dialect.BETA),
        ({"id": "sess_1"}, Dialect.GA),
        ({}, Dialect.GA),
        ({"id": "sess_1", "beta_fields": {"chat_mode": "audio"}}, Dialect.BETA),
        ({"id": "sess_1", "temperature": 0.8}, Dialect.BETA),
        ({"modalities": ["text"], "temperature": 0.8, "audio": {"input": {}}}, Dialect.GA),
    ],
)
def test_the_dialect_is_told_from_the_session(session, dialect):
    assert detect(session) is dialect


def test_a_flat_update_is_told_from_a_nested_one():
    assert is_flat({"voice": "alloy"})
    assert not is_flat({"instructions": "Hi", "tools": []})


def test_the_update_that_deerapi_prints_is_understood_and_can_be_sent_to_the_letter():
    update = SessionUpdate.model_validate(to_ga_client_event(DEERAPI_UPDATE))
    session = update.session
    assert session.audio.input.turn_detection.silence_duration_ms == 200
    assert session.audio.input.transcription.model == "whisper-1"
    assert session.audio.output.voice == "alloy"
    assert (session.max_output_tokens, session.temperature) == (1024, 0.8)
    assert session.tools[0].parameters["required"] == ["city"]
    spelling = BetaSpelling(max_output_tokens_name="max_output_tokens")
    assert to_beta_client_event(update.to_wire(), spelling) == DEERAPI_UPDATE


@pytest.mark.parametrize("kind", kinds("beta", "server"))
def test_every_beta_server_event_has_a_ga_one_and_comes_back(kind):
    wire = event("beta", "server", kind, optional=True)
    before = deepcopy(wire)
    ga = to_ga_server_event(wire)
    assert ga["type"] == SERVER_NAMES_TO_GA.get(kind, kind)
    assert ga["type"] in SERVER_EVENTS
    assert to_beta_server_event(ga) == [wire]
    assert wire == before


@pytest.mark.parametrize("kind", kinds("beta", "client"))
def test_every_beta_client_event_has_a_ga_one_and_comes_back(kind):
    wire = event("beta", "client", kind, optional=True)
    ga = to_ga_client_event(wire)
    assert ga["type"] in CLIENT_EVENTS
    assert to_beta_client_event(ga) == wire


def test_what_we_say_to_a_beta_client_passes_the_official_typed_models():
    from openai.types.beta.realtime import RealtimeServerEvent

    official = TypeAdapter(RealtimeServerEvent)
    for kind in kinds("ga", "server"):
        wire = SERVER_EVENTS[kind].model_validate(event("ga", "server", kind)).to_wire()
        for beta in to_beta_server_event(wire):
            assert official.validate_python(beta).type == beta["type"]
            assert beta["type"] in kinds("beta", "server")


def test_events_that_beta_lacks_are_dropped():
    dropped = {kind for kind in kinds("ga", "server") if not _beta(kind)}
    assert "conversation.item.done" in dropped
    assert "conversation.item.added" not in dropped
    assert dropped & set(kinds("beta", "server")) == set()


def _beta(kind):
    return to_beta_server_event(event("ga", "server", kind))


def test_an_added_item_is_a_created_one_in_beta():
    wire = {"type": "conversation.item.added", "previous_item_id": None, "item": GA_ITEM}
    assert to_beta_server_event(wire) == [
        {"type": "conversation.item.created", "previous_item_id": None, "item": BETA_ITEM}
    ]


def test_a_transcription_session_has_events_of_its_own_in_beta():
    wire = {"type": "session.update", "session": {"type": "transcription", "audio": {}}}
    assert to_beta_client_event(wire) == {"type": "transcription_session.update", "session": {}}
    updated = {"type": "session.updated", "session": {"type": "transcription"}}
    assert to_beta_server_event(updated)[0]["type"] == "transcription_session.updated"


def test_one_response_is_asked_for_in_the_endpoints_own_words():
    wire = {
        "type": "response.create",
        "response": {"output_modalities": ["text"], "max_output_tokens": 5, "input": [GA_ITEM]},
    }
    assert to_beta_client_event(wire)["response"] == {
        "modalities": ["text"],
        "max_response_output_tokens": 5,
        "input": [BETA_ITEM],
    }


@pytest.mark.parametrize("kind", kinds("ga", "server"))
def test_a_ga_server_event_is_not_harmed_by_the_map_to_ga(kind):
    wire = event("ga", "server", kind)
    read = to_ga_server_event(wire)
    if kind != "conversation.item.created":
        assert read == wire


@pytest.mark.parametrize("kind", kinds("ga", "client"))
def test_a_ga_client_event_is_not_harmed_by_the_map_to_ga(kind):
    wire = event("ga", "client", kind, optional=True)
    assert to_ga_client_event(wire) == wire


def test_an_event_without_difference_is_the_same_object():
    for wire in ({"type": "input_audio_buffer.commit"}, {"type": "new.thing"}, {"type": 5}, {}):
        assert to_ga_client_event(wire) is wire
        assert to_beta_client_event(wire) is wire
        assert to_ga_server_event(wire) is wire
        assert to_beta_server_event(wire) == [wire]


names = st.sampled_from(
    sorted({*SERVER_EVENTS, *CLIENT_EVENTS, *kinds("beta", "server"), *kinds("beta", "client")})
)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "audio", "type", "modalities", "output", "voice"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(names, st.dictionaries(st.sampled_from(["session", "response", "item"]), bodies))
def test_no_event_makes_a_map_raise_or_changes_under_it(kind, body):
    wire = {"type": kind, **body}
    before = deepcopy(wire)
    to_ga_server_event(wire)
    to_beta_server_event(wire)
    to_ga_client_event(wire)
    to_beta_client_event(wire)
    assert wire == before


def test_beta_samples_hold_no_ga_words():
    assert "output_modalities" not in BETA_RESPONSE
    assert detect(BETA_SESSION) is Dialect.BETA
