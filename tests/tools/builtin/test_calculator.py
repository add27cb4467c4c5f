from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools import Registry, ToolError
from tools.builtin.calculator import calculate, convert_units


@pytest.mark.parametrize(
    ("expression", "spoken"),
    [
        ("15 percent of 80", "15 percent of 80 is 12."),
        ("two plus two", "2 plus 2 is 4."),
        ("square root of 2", "The square root of 2 is about 1.4142."),
        ("(2+3)*4", "The answer is 20."),
        ("subtract 3 from 10", "The answer is 7."),
        ("what percent of 80 is 12", "12 is 15 percent of 80."),
        ("12 is what percent of 80?", "12 is 15 percent of 80."),
        ("2^100", "2 to the power of 100 is about 1.268 times 10 to the power of 30."),
        ("1000000 * 3", "1,000,000 times 3 is 3,000,000."),
    ],
)
def test_sums_are_answered_in_a_sentence(expression: str, spoken: str) -> None:
    assert calculate(expression)["spoken"] == spoken


def test_the_result_is_a_json_number() -> None:
    assert calculate("10 / 4")["result"] == 2.5
    assert calculate("3 * 4")["result"] == 12
    assert json.dumps(calculate("500 factorial"))


def test_a_fault_is_told_in_a_sentence() -> None:
    with pytest.raises(ToolError, match="Dividing by zero has no answer."):
        calculate("1 / 0")
    with pytest.raises(ToolError, match="zero"):
        calculate("what percent of 0 is 5")


@pytest.mark.parametrize(
    ("arguments", "spoken"),
    [
        ({"value": 10, "from_unit": "miles", "to_unit": "kilometers"},
         "10 miles is about 16.09 kilometers."),
        ({"value": "twenty five", "from_unit": "pounds", "to_unit": "kilos"},
         "25 pounds is about 11.34 kilograms."),
        ({"value": "a dozen", "from_unit": "inches", "to_unit": "feet"}, "12 inches is 1 foot."),
        ({"from_unit": "a mile", "to_unit": "feet"}, "1 mile is 5,280 feet."),
        ({"from_unit": "5 miles", "to_unit": "km"}, "5 miles is about 8.05 kilometers."),
        ({"value": 6, "from_unit": "feet 2 inches", "to_unit": "cm"},
         "6 feet 2 inches is 187.96 centimeters."),
        ({"value": "98.6", "from_unit": "degrees fahrenheit", "to_unit": "celsius"},
         "98.6 degrees Fahrenheit is 37 degrees Celsius."),
        ({"value": "minus forty", "from_unit": "celsius", "to_unit": "fahrenheit"},
         "minus 40 degrees Celsius is minus 40 degrees Fahrenheit."),
        ({"value": 1, "from_unit": "millimeter", "to_unit": "miles"},
         "1 millimeter is about 6.214 times 10 to the power of minus 7 miles."),
    ],
)  # fmt: skip
async def test_measures_are_converted(
    tmp_path: Path, arguments: dict[str, object], spoken: str
) -> None:
    registry = Registry(data_dir=tmp_path)
    registry.add(convert_units, "test")

    outcome = await registry.call("convert_units", json.dumps(arguments))
    await registry.close()

    assert json.loads(outcome.output)["spoken"].casefold() == spoken.casefold()


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "words"),
    [
        (1, "bananas", "miles", "bananas"),
        (-300, "celsius", "kelvin", "absolute zero"),
        (1, "pounds", "euros", "money"),
    ],
)
def test_what_cannot_be_converted_is_told(
    value: float, from_unit: str, to_unit: str, words: str
) -> None:
    with pytest.raises(ToolError, match=words):
        convert_units(from_unit, to_unit, value)


async def test_an_infinite_value_is_refused(tmp_path: Path) -> None:
    registry = Registry(data_dir=tmp_path)
    registry.add(convert_units, "test")

    outcome = await registry.call(
        "convert_units", '{"value": 1e999, "from_unit": "miles", "to_unit": "km"}'
    )
    await registry.close()

    assert outcome.is_error
    assert "finite" in outcome.output
