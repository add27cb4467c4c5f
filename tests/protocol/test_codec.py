import base64
import json
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.protocol.samples import BETA_SESSION, GA_SESSION, event, kinds
from voice.errors import LocalProtocolError, RemoteProtocolError
from voice.protocol.capabilities import GATEWAY_CAPABILITIES, LOCAL_CAPABILITIES
from voice.protocol.client_events import (
    CLIENT_EVENTS,
    AudioAppend,
    InputAudioBufferCommit,
    ResponseCreate,
    SessionUpdate,
)
from voice.protocol.codec import (
    ClientCodec,
    ServerCodec,
    decode_client_event,
    decode_server_event,
    encode_append,
    encode_audio_delta,
    encode_client_event,
    encode_server_event,
    warm_up,
)
from voice.protocol.dialects import SERVER_NAMES_TO_GA, Dialect
from voice.protocol.formats import PCM16, PCMU
from voice.protocol.server_events import (
    SERVER_EVENTS,
    AudioDelta,
    ConversationItemAdded,
    ConversationItemCreated,
    ErrorEvent,
    InputAudioBufferDtmfEventReceived,
    ResponseOutputTextDelta,
    SessionCreated,
    SessionUpdated,
    UnknownEvent,
)
from voice.protocol.session_config import (
    AudioConfig,
    AudioInputConfig,
    AudioOutputConfig,
    FunctionTool,
    ResponseConfig,
    SessionConfig,
    ToolChoiceFunction,
    TranscriptionSessionConfig,
)
from voice.protocol.tool_examples import EXAMPLES_KEY

BOTH = [Dialect.GA, Dialect.BETA]
G711 = SessionConfig(
    audio=AudioConfig(input=AudioInputConfig(format=PCMU), output=AudioOutputConfig(format=PCMU))
)


def ids():
    numbers = count(1)
    return lambda: f"event_{next(numbers)}"


@pytest.mark.parametrize("dialect", BOTH)
def test_every_server_event_reaches_its_class(dialect):
    for kind in kinds(dialect.value, "server"):
        read = ClientCodec(dialect).decode(json.dumps(event(dialect.value, "server", kind)))
        ga_kind = SERVER_NAMES_TO_GA.get(kind, kind) if dialect is Dialect.BETA else kind
        if ga_kind == "response.output_audio.delta":
            assert read == AudioDelta("resp_1", "item_1", 1, 2, bytes(6), "event_1")
        else:
            assert type(read) is SERVER_EVENTS[ga_kind]


@pytest.mark.parametrize("dialect", BOTH)
def test_every_client_event_reaches_its_class(dialect):
    for kind in kinds(dialect.value, "client"):
        read = decode_client_event(json.dumps(event(dialect.value, "client", kind)), dialect)
        ga_kind = kind.replace("transcription_session.", "session.")
        assert type(read) is (AudioAppend if "append" in kind else CLIENT_EVENTS[ga_kind])


@pytest.mark.parametrize("dialect", BOTH)
def test_what_one_end_sends_the_other_reads_the_same(dialect):
    server, client = ServerCodec(dialect, new_event_id=ids()), ClientCodec(dialect)
    for kind in kinds("ga", "server"):
        if kind == "conversation.item.created":
            continue
        sent = SERVER_EVENTS[kind].model_validate(event("ga", "server", kind))
        for frame in server.encode(sent):
            read = client.decode(frame)
            if kind == "response.output_audio.delta":
                assert read == AudioDelta("resp_1", "item_1", 1, 2, bytes(6), "event_1")
            elif kind.startswith(("session.", "response.created", "response.done")):
                assert type(read) is type(sent)
            else:
                assert read.to_wire() == sent.to_wire()
    for kind in kinds("ga", "client"):
        sent = CLIENT_EVENTS[kind].model_validate(event("ga", "client", kind, optional=True))
        (frame,) = client.encode(sent)
        assert decode_client_event(frame, dialect).event_id == "event_1"


@pytest.mark.parametrize("dialect", BOTH)
@pytest.mark.parametrize("size", [2, 960, 4800, 48_000])
def test_audio_goes_both_ways_in_both_dialects(dialect, size):
    audio = bytes(range(256)) * (size // 256 + 1)
    audio = audio[:size]
    delta = AudioDelta("resp_1", "item_1", 1, 2, audio, "event_1")
    (frame,) = ServerCodec(dialect).encode(delta)
    assert frame == encode_audio_delta(delta, dialect)
    assert decode_server_event(frame, dialect) == delta
    assert decode_server_event(frame.encode(), dialect) == delta
    client = ClientCodec(dialect)
    append = client.encode_append(audio)
    assert append == encode_append(audio) == client.encode(AudioAppend(audio))[0]
    assert decode_client_event(append, dialect) == AudioAppend(audio, None)
    named = client.encode(AudioAppend(audio, "e1"))[0]
    assert decode_client_event(named, dialect) == AudioAppend(audio, "e1")


def test_deltas_of_several_parts_are_not_mixed_up():
    codec = ServerCodec(new_event_id=ids())
    one = AudioDelta("resp_1", "item_1", 0, 0, b"\0\1")
    two = AudioDelta("resp_1", "item_2", 1, 0, b"\2\3")
    frames = [codec.encode_delta(delta) for delta in (one, two, one)]
    codec.dialect = Dialect.BETA
    frames.append(codec.encode_delta(one))
    read = [json.loads(frame) for frame in frames]
    assert [wire["item_id"] for wire in read] == ["item_1", "item_2", "item_1", "item_1"]
    assert [wire["event_id"] for wire in read] == ["event_1", "event_2", "event_3", "event_4"]
    assert read[3]["type"] == "response.audio.delta"


def test_the_dialect_is_learnt_from_the_first_session():
    for session, dialect in ((GA_SESSION, Dialect.GA), (BETA_SESSION, Dialect.BETA)):
        codec = ClientCodec()
        read = codec.decode(json.dumps({"type": "session.created", "session": session}))
        assert codec.dialect is dialect
        assert read.session.audio.input.turn_detection.silence_duration_ms == 200
    given_before = ClientCodec(Dialect.GA)
    given_before.decode(json.dumps({"type": "session.created", "session": BETA_SESSION}))
    assert given_before.dialect is Dialect.GA


def test_old_event_names_are_understood_from_a_ga_server():
    wire = {"type": "response.text.delta", "item_id": "i", "delta": "Hi"}
    assert decode_server_event(json.dumps(wire), Dialect.GA) == ResponseOutputTextDelta(
        item_id="i", delta="Hi"
    )
    created = event("ga", "server", "conversation.item.created")
    assert isinstance(decode_server_event(json.dumps(created), Dialect.GA), ConversationItemCreated)
    assert isinstance(decode_server_event(json.dumps(created), Dialect.BETA), ConversationItemAdded)


def test_an_unknown_server_event_is_kept_whole():
    wire = {"type": "ping", "event_id": 7, "deep": {"a": [1]}}
    assert decode_server_event(json.dumps(wire)) == UnknownEvent("ping", None, wire)
    named = {"type": "localai.speaker", "event_id": "e1"}
    assert decode_server_event(json.dumps(named)) == UnknownEvent("localai.speaker", "e1", named)


def test_an_unknown_client_event_is_an_invalid_value_of_its_type():
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_event('{"type":"input_audio_buffer.flush","event_id":"e1"}')
    error = caught.value
    assert (error.code, error.param, error.event_id) == ("invalid_value", "type", "e1")


def test_a_binary_frame_is_an_invalid_event_for_a_server_and_read_by_a_client_if_it_can():
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_event(b'{"type":"input_audio_buffer.commit"}')
    assert caught.value.code == "invalid_event"
    assert isinstance(decode_server_event(b'{"type":"error","error":"no"}'), ErrorEvent)
    with pytest.raises(RemoteProtocolError):
        decode_server_event(b"\xff\xfe\x00")


@pytest.mark.parametrize("dialect", BOTH)
def test_the_sample_size_follows_the_session(dialect):
    client, server = ClientCodec(dialect), ServerCodec(dialect, new_event_id=ids())
    odd_delta = encode_audio_delta(AudioDelta("r", "i", 0, 0, b"\0" * 3, "e"), dialect)
    odd_append = encode_append(b"\0" * 3)
    for refused, codec in ((odd_delta, client), (odd_append, server)):
        with pytest.raises(RemoteProtocolError, match="whole samples of 2 bytes"):
            codec.decode(refused)
    for frame in server.encode(SessionUpdated(session=G711)):
        client.decode(frame)
    assert client.audio_format == server.audio_format == PCMU
    assert client.decode(odd_delta).audio == b"\0" * 3
    assert server.decode(odd_append).audio == b"\0" * 3


def test_a_session_without_formats_leaves_the_sample_size_alone():
    client = ClientCodec(Dialect.GA)
    for session in ({}, {"type": "transcription"}, {"audio": {}}, {"audio": {"output": {}}}):
        client.decode(json.dumps({"type": "session.updated", "session": session}))
    assert client.audio_format is PCM16
    server = ServerCodec(new_event_id=ids())
    server.encode(SessionCreated(session=TranscriptionSessionConfig()))
    assert server.audio_format is PCM16


def test_a_beta_client_is_told_of_its_mistake_in_its_own_words():
    wire = {"type": "session.update", "session": {"input_audio_format": "mp3"}}
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_event(json.dumps(wire), Dialect.BETA)
    assert caught.value.param == "session.input_audio_format"
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client_event('{"type":"response.cancel","response_id":5}', Dialect.BETA)
    assert caught.value.param == "response_id"


def test_wrong_optional_fields_of_a_server_are_left_out_and_told():
    codec = ClientCodec(Dialect.GA)
    codec.decode('{"type":"session.updated","session":{"expires_at":"soon","model":"m"}}')
    assert list(codec.dropped_fields) == ["session.updated: session.expires_at"]


def test_what_one_endpoint_would_refuse_is_not_sent_to_it():
    tool = FunctionTool(name="f", parameters={"type": "object", EXAMPLES_KEY: ["Do it"]})
    update = SessionUpdate(
        session=SessionConfig(
            temperature=0.8, tools=[tool], tool_choice=ToolChoiceFunction(name="f")
        )
    )

    def sent(dialect, capabilities=None):
        codec = ClientCodec(dialect, capabilities) if capabilities else ClientCodec(dialect)
        return json.loads(codec.encode(update)[0])["session"]

    ga, beta = sent(Dialect.GA), sent(Dialect.BETA)
    relay, local = sent(Dialect.GA, GATEWAY_CAPABILITIES), sent(Dialect.GA, LOCAL_CAPABILITIES)
    assert "temperature" not in ga
    assert beta["temperature"] == 0.8
    assert "temperature" not in sent(None)
    assert ga["tool_choice"] == {"type": "function", "name": "f"}
    assert relay["tool_choice"] == "required"
    assert [EXAMPLES_KEY in s["tools"][0]["parameters"] for s in (ga, beta, relay, local)] == [
        False,
        False,
        False,
        True,
    ]
    assert EXAMPLES_KEY in tool.parameters


def test_one_responses_overrides_are_fitted_too():
    create = ResponseCreate(
        response=ResponseConfig(temperature=0.8, tool_choice=ToolChoiceFunction(name="f"))
    )
    wire = json.loads(encode_client_event(create, Dialect.GA, GATEWAY_CAPABILITIES))
    assert wire["response"] == {"tool_choice": {"type": "function", "name": "f"}}
    wire = json.loads(encode_client_event(create, Dialect.BETA, GATEWAY_CAPABILITIES))
    assert wire["response"]["temperature"] == 0.8


def test_an_unknown_event_can_be_sent_as_it_is():
    event = UnknownEvent("vendor.hello", None, {"a": 1})
    assert json.loads(ClientCodec(Dialect.GA).encode(event)[0]) == {"type": "vendor.hello", "a": 1}
    (frame,) = ServerCodec(new_event_id=ids()).encode(event)
    assert json.loads(frame) == {"type": "vendor.hello", "a": 1, "event_id": "event_1"}


def test_every_server_event_goes_out_with_an_event_id():
    event = ErrorEvent.model_validate({"error": {"type": "server_error", "message": "no"}})
    (frame,) = ServerCodec(new_event_id=ids()).encode(event)
    assert json.loads(frame)["event_id"] == "event_1"
    with pytest.raises(LocalProtocolError, match="error has no event_id"):
        encode_server_event(event)
    with pytest.raises(LocalProtocolError, match=r"response\.output_audio\.delta has no event_id"):
        encode_audio_delta(AudioDelta("r", "i", 0, 0, b""))
    key = InputAudioBufferDtmfEventReceived(event="5", received_at=1)
    assert "event_id" not in json.loads(encode_server_event(key)[0])


def test_a_tools_odd_output_does_not_stop_the_conversation():
    codec = ClientCodec(Dialect.GA)
    item = {"type": "function_call_output", "call_id": "c", "output": "half \ud83d"}
    wire = {"type": "conversation.item.create", "item": item}
    (frame,) = codec.encode(CLIENT_EVENTS["conversation.item.create"].model_validate(wire))
    assert json.loads(frame)["item"]["output"] == "half ?"


def test_warming_up_builds_every_validator():
    warm_up()
    models = [*CLIENT_EVENTS.values(), *SERVER_EVENTS.values()]
    assert all(model.__pydantic_complete__ for model in models)


def test_a_plain_event_is_short_on_the_wire():
    frame = encode_client_event(InputAudioBufferCommit(), Dialect.BETA)
    assert frame == '{"type":"input_audio_buffer.commit"}'


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["assistant", "message", "function_call", "output_audio", "mcp", "realtime"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=4)
            | st.sampled_from(
                ["type", "role", "content", "audio", "output", "input", "item", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
WIRES = [
    event(dialect, side, kind, optional=True)
    for dialect in ("ga", "beta")
    for side in ("client", "server")
    for kind in kinds(dialect, side)
]


@st.composite
def mutated_events(draw):
    """Take a good event and put arbitrary JSON, or nothing, at one place in it."""
    wire = json.loads(json.dumps(draw(st.sampled_from(WIRES))))
    place = wire
    for _ in range(draw(st.integers(0, 5))):
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        inner = [name for name in names if isinstance(place[name], dict | list) and place[name]]
        if not inner:
            break
        place = place[draw(st.sampled_from(inner))]
    names = list(place) if isinstance(place, dict) else list(range(len(place)))
    name = draw(st.sampled_from(names))
    if draw(st.booleans()):
        place[name] = draw(json_values)
    else:
        del place[name]
    return wire


def check_both_ends(frame, dialect):
    """Read a frame at both ends: an event that can be written again, or RemoteProtocolError."""
    client, server = ClientCodec(dialect), ServerCodec(dialect, new_event_id=ids())
    try:
        read = client.decode(frame)
    except RemoteProtocolError as error:
        assert error.code
    else:
        ServerCodec(dialect, new_event_id=ids()).encode(read)
    try:
        asked = server.decode(frame)
    except RemoteProtocolError as error:
        assert error.code
    else:
        assert len(ClientCodec(dialect).encode(asked)) == 1


@given(mutated_events(), st.sampled_from([None, *BOTH]))
def test_a_mutated_event_is_read_or_refused(wire, dialect):
    check_both_ends(json.dumps(wire), dialect or Dialect.GA)


@given(json_values, st.sampled_from(BOTH))
def test_any_json_is_read_or_refused(value, dialect):
    check_both_ends(json.dumps(value), dialect)


@given(st.text() | st.binary())
@example("[" * 1020 + "]" * 1020)
@example('{"type":"error","error":' + "[" * 1000 + "]" * 1000 + "}")
@example('{"type":"session.update","session":' + '{"audio":' * 900 + "1" + "}" * 901)
@example('{"type":"error","error":{"message":' + "9" * 5000 + "}}")
@example('{"type":"response.cancel","event_id":"\\udc00"}')
def test_any_frame_is_read_or_refused(frame):
    check_both_ends(frame, Dialect.GA)


@given(st.binary(max_size=3000), st.sampled_from(BOTH))
def test_any_base64_is_audio_or_refused(audio, dialect):
    text = base64.b64encode(audio).decode()
    wire = {"type": "input_audio_buffer.append", "audio": text}
    codec = ServerCodec(dialect)
    if len(audio) % 2:
        with pytest.raises(RemoteProtocolError):
            codec.decode(json.dumps(wire))
    else:
        assert codec.decode(json.dumps(wire)) == AudioAppend(audio, None)


GREETINGS = {
    "xAI": ({"type": "realtime", "audio": {"input": {}}}, Dialect.GA),
    "aimock": ({"type": "realtime", "modalities": ["text"], "audio": {}}, Dialect.GA),
    "GLM": ({"id": "s", "beta_fields": {"chat_mode": "audio"}}, Dialect.BETA),
    "Qwen": ({"modalities": ["text"], "input_audio_format": "pcm"}, Dialect.BETA),
}


@pytest.mark.parametrize("greeting", GREETINGS.values(), ids=GREETINGS.keys())
def test_what_comes_before_the_greeting_does_not_settle_the_dialect(greeting):
    session, dialect = greeting
    codec = ClientCodec()
    codec.decode('{"type": "conversation.created", "conversation": {"id": "c"}}')
    codec.decode('{"type": "error", "error": "slow down"}')
    codec.decode('{"type": "ping", "event_id": "e"}')
    assert codec.dialect is None
    codec.decode(json.dumps({"type": "session.created", "event_id": "e", "session": session}))
    assert codec.dialect is dialect
