import pytest

from voice.engines.offline_brain.parameters import Wants, read_parameters
from voice.engines.ports import BrainTool


def parameter(name: str, required: bool = False, **node):
    schema = {
        "type": "object",
        "properties": {name: node},
        "required": [name] if required else [],
    }
    return read_parameters(BrainTool("t", "", schema))[name]


@pytest.mark.parametrize(
    ("name", "node", "wants"),
    [
        ("duration", {"type": "string"}, Wants.DURATION),
        ("minutes", {"type": "integer"}, Wants.DURATION),
        ("delay", {"type": "number", "description": "Delay in seconds."}, Wants.DURATION),
        ("alarm_time", {"type": "string"}, Wants.TIME),
        ("time_zone", {"type": "string"}, Wants.PLACE),
        ("timezone", {"type": "string"}, Wants.PLACE),
        ("startTime", {"type": "string"}, Wants.WHEN),
        ("day", {"type": "string"}, Wants.DATE),
        ("at", {"type": "string", "format": "time"}, Wants.TIME),
        ("when", {"type": "string", "format": "date-time"}, Wants.WHEN),
        ("city", {"type": "string"}, Wants.PLACE),
        ("from_unit", {"type": "string"}, Wants.UNIT),
        ("expression", {"type": "string"}, Wants.EXPRESSION),
        ("level", {"type": "integer"}, Wants.NUMBER),
        ("amount", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, Wants.NUMBER),
        ("mode", {"type": "string", "enum": ["a", "b"]}, Wants.CHOICE),
        ("loud", {"type": "boolean"}, Wants.SWITCH),
        ("message", {"type": "string"}, Wants.TEXT),
        ("toppings", {"type": "array", "items": {"type": "string"}}, Wants.ITEMS),
        ("artist", {"type": "string"}, Wants.NAME),
        ("spot", {"type": "string", "description": "A city or country."}, Wants.PLACE),
        ("which", {"type": "string", "description": "Which one: label or duration."}, Wants.NAME),
        ("options", {"type": "object"}, Wants.UNKNOWN),
        ("odd", {}, Wants.NAME),
    ],
)  # fmt: skip
def test_what_a_parameter_wants_is_read_from_its_schema(name, node, wants):
    assert parameter(name, **node).wants is wants


def test_numbers_of_time_know_their_unit():
    assert parameter("minutes", type="integer").unit_seconds == 60
    assert parameter("timeout_seconds", type="number").unit_seconds == 1
    assert parameter("count", type="integer").unit_seconds == 0


def test_a_time_takes_its_day_only_where_no_parameter_does():
    schema = {"properties": {"time": {"type": "string"}, "day": {"type": "string"}}}

    assert parameter("time", type="string").takes_day
    assert not read_parameters(BrainTool("t", "", schema))["time"].takes_day


def test_a_schema_without_properties_has_no_parameters():
    assert read_parameters(BrainTool("t", "", {})) == {}
