import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.errors import LocalProtocolError, RemoteProtocolError
from voice.protocol.audio_frames import (
    MAX_APPEND_BYTES,
    MIN_CUT_CHARS,
    cut_append,
    cut_delta,
    delta_head,
    encode_append,
    encode_delta,
    read_append,
    read_delta,
)
from voice.protocol.client_events import AudioAppend
from voice.protocol.dialects import Dialect
from voice.protocol.server_events import AudioDelta

PCM = bytes(range(256)) * 20


def delta_wire(audio=PCM, **changes):
    wire = {
        "type": "response.output_audio.delta",
        "event_id": "event_1",
        "response_id": "resp_1",
        "item_id": "item_1",
        "output_index": 1,
        "content_index": 2,
        "delta": base64.b64encode(audio).decode(),
    }
    return {**wire, **changes}


DELTA = AudioDelta("resp_1", "item_1", 1, 2, PCM, "event_1")


@given(st.binary())
def test_an_append_is_the_json_that_a_hand_would_write(audio):
    frame = encode_append(audio)
    assert json.loads(frame) == {
        "type": "input_audio_buffer.append",
        "audio": base64.b64encode(audio).decode(),
    }
    assert cut_append(frame, 1) == AudioAppend(audio, None)


def test_an_append_takes_any_buffer_and_an_event_id():
    for audio in (bytearray(PCM), memoryview(PCM)):
        assert encode_append(audio) == encode_append(PCM)
    frame = encode_append(PCM, 'e"1')
    assert json.loads(frame)["event_id"] == 'e"1'
    assert cut_append(frame, 2) == AudioAppend(PCM, 'e"1')


@given(st.binary(), st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(0, 9))
def test_a_delta_is_the_json_that_a_hand_would_write(audio, name, index):
    delta = AudioDelta(name, name, index, index, audio, name)
    frame = encode_delta(delta_head(delta, Dialect.GA), name, audio)
    assert json.loads(frame) == delta_wire(
        audio,
        event_id=name,
        response_id=name,
        item_id=name,
        output_index=index,
        content_index=index,
    )
    assert read_delta(json.loads(frame), 1) == delta
    assert json.loads(encode_delta(delta_head(delta, Dialect.BETA), name, audio))["type"] == (
        "response.audio.delta"
    )


def test_an_id_that_is_no_unicode_is_our_own_error():
    with pytest.raises(LocalProtocolError):
        encode_append(PCM, "\ud800")


@pytest.mark.parametrize("kind", ["response.output_audio.delta", "response.audio.delta"])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_long_delta_is_cut_whatever_its_spelling_spaces_and_order(kind, separators):
    wire = delta_wire(type=kind)
    for ordered in (wire, dict(reversed(wire.items())), {**wire, "vendor": [1]}):
        assert cut_delta(json.dumps(ordered, separators=separators), 2) == DELTA
        assert read_delta(ordered, 2) == DELTA


def test_lean_deltas_get_index_zero_and_no_id():
    wire = delta_wire()
    for name in ("output_index", "content_index", "event_id", "response_id"):
        del wire[name]
    lean = AudioDelta("", "item_1", 0, 0, PCM, None)
    assert cut_delta(json.dumps(wire), 2) == lean
    assert read_delta(wire, 2) == lean
    nulls = delta_wire(output_index=None, content_index=None, event_id=None, response_id=None)
    assert cut_delta(json.dumps(nulls), 2) is None
    assert read_delta(nulls, 2) == lean


@pytest.mark.parametrize(
    "frame",
    [
        json.dumps(delta_wire(b"\0\0")).replace('"delta": ', '"delta":'),
        json.dumps(delta_wire(type="response.output_text.delta")),
        json.dumps(delta_wire(item_id=5)),
        json.dumps(delta_wire(delta="!" * MIN_CUT_CHARS)),
        json.dumps(delta_wire(delta=["A" * MIN_CUT_CHARS])),
        json.dumps(delta_wire()).replace("/", "\\/"),
        json.dumps({"nested": delta_wire(), "delta": "", "type": "response.output_audio.delta"}),
        json.dumps(delta_wire())[:-1],
        json.dumps([delta_wire()]),
        json.dumps(delta_wire(PCM + b"\0")),
        '{"delta":"' + "A" * MIN_CUT_CHARS,
        '{"delta":' + " " * MIN_CUT_CHARS,
        "x" * MIN_CUT_CHARS + '"delta":',
    ],
)
def test_anything_unusual_is_left_to_the_whole_parse(frame):
    usual = cut_delta(frame, 2)
    assert usual is None or usual.audio == b"\0\0"


def test_a_key_that_comes_twice_is_left_to_the_whole_parse():
    frame = json.dumps(delta_wire())[:-1] + ',"delta":"AAAA"}'
    assert cut_delta(frame, 2) is None


def test_escaped_slashes_are_read_by_the_whole_parse():
    frame = json.dumps(delta_wire(b"\xff" * 30)).replace("/", "\\/")
    assert "\\/" in frame
    assert read_delta(json.loads(frame), 2).audio == b"\xff" * 30


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("A", "expected base64"),
        ("AAA", "expected base64"),
        ("AA AA", "expected base64"),
        ("A-_A", "expected base64"),
        ("é===", "expected base64"),
        ("AA==", "expected whole samples of 2 bytes, got 1 bytes"),
    ],
)
def test_bad_base64_and_half_samples_are_invalid_values(text, complaint):
    with pytest.raises(RemoteProtocolError, match=complaint) as caught:
        read_delta(delta_wire(delta=text), 2)
    assert (caught.value.code, caught.value.param) == ("invalid_value", "delta")
    append = {"type": "input_audio_buffer.append", "event_id": "e1", "audio": text}
    with pytest.raises(RemoteProtocolError, match=complaint) as caught:
        read_append(append, 2)
    error = caught.value
    assert (error.code, error.param, error.event_id) == ("invalid_value", "audio", "e1")
    assert cut_append(json.dumps(append, separators=(",", ":")), 2) is None


@pytest.mark.parametrize("audio", [None, 5, ["AAAA"], {}])
def test_audio_that_is_no_string_is_an_invalid_type(audio):
    with pytest.raises(RemoteProtocolError) as caught:
        read_append({"type": "input_audio_buffer.append", "audio": audio}, 2)
    assert (caught.value.code, caught.value.param) == ("invalid_type", "audio")
    with pytest.raises(RemoteProtocolError):
        read_delta(delta_wire(delta=audio), 2)


def test_missing_audio_is_a_missing_parameter():
    with pytest.raises(RemoteProtocolError) as caught:
        read_append({"type": "input_audio_buffer.append", "event_id": "e1"}, 2)
    assert caught.value.code == "missing_required_parameter"
    with pytest.raises(RemoteProtocolError) as caught:
        read_append({"type": "input_audio_buffer.append", "event_id": 5, "audio": "AAAA"}, 2)
    assert caught.value.param == "event_id"


def test_g711_may_have_an_odd_number_of_bytes():
    assert read_delta(delta_wire(b"\0" * 3), 1).audio == b"\0" * 3
    assert cut_append(encode_append(b"\0" * 3), 1) == AudioAppend(b"\0" * 3, None)


def test_no_audio_is_no_error():
    assert cut_append(encode_append(b""), 2) == AudioAppend(b"", None)
    assert read_delta(delta_wire(b""), 2).audio == b""


def test_an_append_beyond_the_limit_is_refused():
    frame = encode_append(bytes(MAX_APPEND_BYTES + 2))
    assert cut_append(frame, 2) is None
    with pytest.raises(RemoteProtocolError) as caught:
        read_append(json.loads(frame), 2)
    assert caught.value.code == "string_above_max_length"


@given(st.sampled_from([", ", ","]), st.booleans(), st.binary(min_size=2_000, max_size=2_100))
def test_cutting_and_parsing_agree(comma, reverse, audio):
    audio = audio[: len(audio) // 2 * 2]
    wire = delta_wire(audio)
    ordered = dict(reversed(wire.items())) if reverse else wire
    frame = json.dumps(ordered, separators=(comma, ":"))
    assert cut_delta(frame, 2) == read_delta(wire, 2)
