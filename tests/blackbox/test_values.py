import dataclasses
import json
from typing import get_args

import pytest

from tests.protocol.samples import event, kinds
from voice.blackbox.values import UnreadableValue, decode, encode, fingerprint
from voice.core import client_inputs as inp
from voice.protocol.codec import ClientCodec
from voice.protocol.dialects import Dialect
from voice.protocol.known_places import KNOWN_PLACES
from voice.protocol.playback import HeardPart
from voice.protocol.server_events import AudioDelta, UnknownEvent


def round_trip(value):
    attachments = []

    def keep(data):
        attachments.append(data)
        return {"@bytes": len(attachments) - 1}

    written = json.loads(json.dumps(encode(value, keep)))
    return decode(written, attachments)


SAMPLES = {
    "str": "text", "int": 3, "bool": True, "bytes": b"\x01\x02", "Button": inp.Button.MUTE,
    "tuple[HeardPart, ...]": (HeardPart("item_1", 0, 120),),
}  # fmt: skip


def sample(kind):
    """Build an input with a value in each field that has no default."""
    own = {}
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            own[field.name] = SAMPLES.get(field.type, "text")
    return kind(**own)


@pytest.mark.parametrize("kind", get_args(inp.Input), ids=lambda kind: kind.__name__)
def test_every_input_comes_back_equal(kind):
    assert round_trip(sample(kind)) == sample(kind)


@pytest.mark.parametrize("kind", kinds("ga", "server"))
def test_every_wire_event_comes_back_equal(kind):
    decoded = ClientCodec(Dialect.GA).decode(json.dumps(event("ga", "server", kind)))
    assert round_trip(decoded) == decoded


def test_audio_goes_into_the_attachments():
    delta = AudioDelta(response_id="r", item_id="i", output_index=0, content_index=0,
                       audio=b"\x01\x00" * 8, event_id="e")  # fmt: skip
    assert round_trip(delta) == delta


def test_an_event_of_an_unknown_type_comes_back_equal():
    odd = UnknownEvent("odd.event", None, {"type": "odd.event", "a": [1, {"b": None}]})
    assert round_trip(odd) == odd


@pytest.mark.parametrize("place", KNOWN_PLACES, ids=lambda place: place.preset)
def test_what_an_endpoint_can_do_comes_back_equal(place):
    assert round_trip(place.capabilities) == place.capabilities


def test_sets_are_written_in_one_order():
    assert encode(frozenset({"b", "a", "c"}), fingerprint) == {"@set": ["a", "b", "c"]}


def test_bytes_that_are_not_kept_are_told_apart():
    assert encode(b"one", fingerprint) != encode(b"two", fingerprint)


def test_a_class_of_another_version_is_named():
    with pytest.raises(UnreadableValue, match="knows no Teleported"):
        decode({"@": "Teleported"}, [])


def test_a_field_of_another_version_is_named():
    with pytest.raises(UnreadableValue, match="Capabilities has other fields"):
        decode({"@": "Capabilities", "can_fly": True}, [])
