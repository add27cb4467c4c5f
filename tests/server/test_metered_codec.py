"""What a session's codec counts."""

import base64
import json

import pytest

from voice.errors import RemoteProtocolError
from voice.protocol import server_events as ev
from voice.protocol.dialects import Dialect
from voice.server.metered_codec import MeteredCodec
from voice.server.meters import Meters


@pytest.fixture
def meters():
    return Meters()


@pytest.fixture
def codec(meters):
    return MeteredCodec(Dialect.GA, meters)


def append(audio):
    data = base64.b64encode(audio).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": data})


def updated(output_type):
    session = {"type": "realtime", "audio": {"output": {"format": {"type": output_type}}}}
    return ev.SessionUpdated(event_id="e", session=session)


def test_audio_that_comes_is_counted_in_seconds_and_bytes(codec, meters):
    frame = append(bytes(48_000))
    codec.decode(frame)

    assert meters.audio_in_s == pytest.approx(1.0)
    assert meters.bytes_in == len(frame)


def test_a_bad_frame_counts_its_bytes_only(codec, meters):
    with pytest.raises(RemoteProtocolError):
        codec.decode("nonsense")

    assert (meters.bytes_in, meters.audio_in_s) == (8, 0.0)


@pytest.mark.parametrize(("output_type", "seconds"), [("audio/pcm", 0.1), ("audio/pcmu", 0.6)])
def test_audio_that_goes_is_counted_in_the_sessions_format(codec, meters, output_type, seconds):
    codec.encode(updated(output_type))
    before = meters.bytes_out
    delta = ev.AudioDelta("resp", "item", 0, 0, bytes(4_800), "e")
    frames = codec.encode(delta)

    assert meters.audio_out_s == pytest.approx(seconds)
    assert meters.bytes_out - before == sum(map(len, frames))


def test_turns_responses_and_errors_are_counted(codec, meters):
    codec.encode(ev.InputAudioBufferCommitted(event_id="e", item_id="item"))
    response = {"id": "r", "object": "realtime.response", "status": "cancelled", "output": []}
    codec.encode(ev.ResponseDone(event_id="e", response=response))
    error = {"type": "invalid_request_error", "code": "invalid_value", "message": "No."}
    codec.encode(ev.ErrorEvent(event_id="e", error=error))

    assert meters.turns == 1
    assert meters.responses == {"cancelled": 1}
    assert meters.errors == {"invalid_value": 1}
