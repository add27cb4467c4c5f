from typing import Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from voice.protocol.formats import PCMU
from voice.protocol.wire_model import (
    MAX_WHOLE,
    Index,
    JsonText,
    LooseText,
    PartialModel,
    Text,
    Whole,
    WireFormat,
    WireModel,
    null_means,
)


class Full(WireModel):
    type: Literal["full"] = "full"
    name: str | None = None
    place: str | None = None
    NULL_IS_SENT = frozenset({"place"})


class Part(PartialModel):
    type: Literal["part"] = "part"
    name: str | None = None
    audio: WireFormat | None = None
    parts: list[Full] | None = None


def test_a_full_model_drops_none_except_where_null_is_meaningful():
    assert Full().to_wire() == {"type": "full", "place": None}


def test_a_partial_model_sends_what_was_set_and_nothing_else():
    assert Part().to_wire() == {"type": "part"}
    assert Part(name=None).to_wire() == {"type": "part", "name": None}
    assert Part.model_validate({"name": None}).model_fields_set == {"name"}


def test_nested_models_lists_and_formats_become_plain_data():
    part = Part(audio=PCMU, parts=[Full(name="a")])
    assert part.to_wire() == {
        "type": "part",
        "audio": {"type": "audio/pcmu"},
        "parts": [{"type": "full", "name": "a", "place": None}],
    }


def test_unknown_fields_are_kept_and_sent_back():
    full = Full.model_validate({"type": "full", "vendor": {"deep": [1]}})
    assert full.to_wire()["vendor"] == {"deep": [1]}


def test_models_are_values_that_cannot_be_changed():
    full = Full(name="a")
    with pytest.raises(ValidationError):
        full.name = "b"
    assert full.model_copy(update={"name": "b"}) == Full(name="b")
    assert full.name == "a"


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        (Text, None, ""),
        (Index, None, 0),
        (Index, 3, 3),
        (Whole, 320.9, 320),
        (Whole, -1.5, -2),
        (JsonText, {"a": 1}, '{"a":1}'),
        (JsonText, None, ""),
        (JsonText, "plain", "plain"),
        (LooseText, None, None),
        (LooseText, 503, "503"),
    ],
)
def test_tolerant_types_read_what_sloppy_peers_send(kind, given, read):
    assert TypeAdapter(kind).validate_python(given) == read


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Index, -1),
        (Index, MAX_WHOLE * 2),
        (Whole, float("inf")),
        (Whole, 1e300),
        (Whole, "9" * 400),
        (Text, 5),
        (JsonText, {"a": object()}),
        (LooseText, [2**70]),
    ],
)
def test_tolerant_types_still_refuse_nonsense(kind, given):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(given)


def test_an_error_never_shows_the_value_it_complains_of():
    with pytest.raises(ValidationError) as caught:
        Full.model_validate({"type": "full", "name": {"secret": "hunter2"}})
    assert "hunter2" not in str(caught.value)


def test_null_means_the_given_default():
    class Vad(WireModel):
        level: float = 0.5

    assert Vad(level=0.5).to_wire() == {"level": 0.5}
    assert null_means(0.5).func(None) == 0.5
    assert null_means(0.5).func(0.1) == 0.1
