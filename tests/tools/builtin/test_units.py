from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.builtin.units import Unit, UnknownUnit, _book, convert, find_pair, read_compound


@pytest.mark.parametrize(
    ("value", "from_name", "to_name", "result"),
    [
        (1, "mile", "feet", 5280), (10, "Kilometres", "m", 10_000), (12, "inches", "foot", 1),
        (1, "nautical miles", "meters", 1852), (16, "ounces", "pounds", 1), (1, "stone", "lbs", 14),
        (1, "tonne", "kg", 1000), (1, "gallon", "quarts", 4), (1, "cup", "tablespoons", 16),
        (1, "tablespoon", "teaspoons", 3), (8, "ounces", "cups", 1),
        (1, "cubic metre", "litres", 1000),
        (100, "celsius", "degrees fahrenheit", 212), (-40, "f", "c", -40),
        (0, "°C", "kelvin", "273.15"),
        (32, "degrees", "celsius", 0), (100, "degrees", "fahrenheit", 212), (36, "km/h", "m/s", 10),
        (1, "mile an hour", "feet per second", Fraction(22, 15)),
        (1, "knot", "kilometers per hour", "1.852"),
        (1, "acre", "square feet", 43_560), (1, "sq km", "hectares", 100),
        (1, "week", "hours", 168),
        (1, "decade", "years", 10), (1, "year", "months", 12), (1, "gigabyte", "MB", 1000),
        (1, "gibibyte", "mebibytes", 1024), (8, "bits", "bytes", 1),
        (100, "megabits", "megabytes", "12.5"),
        (1, "kwh", "kilojoules", 3600), (1, "bar", "kilopascals", 100), (5, "k", "meters", 5000),
        (3, "kilometters", "metres", 3000),
    ],
)  # fmt: skip
def test_units_are_converted_exactly(
    value: int, from_name: str, to_name: str, result: int | str | Fraction
) -> None:
    assert convert(Fraction(value), *find_pair(from_name, to_name)) == Fraction(result)


def every_unit() -> list[Unit]:
    return list(dict.fromkeys(unit for units in _book().values() for unit in units))


@given(
    st.fractions(min_value=-1000, max_value=1000),
    st.sampled_from(every_unit()),
    st.sampled_from(every_unit()),
)
def test_there_and_back_is_the_same(value: Fraction, one: Unit, other: Unit) -> None:
    assert convert(convert(value, one, other), other, one) == value


@pytest.mark.parametrize(
    ("from_name", "to_name", "words"),
    [
        ("bananas", "miles", "don't know a unit called bananas"),
        ("miles", "kilograms", "can't turn miles into kilograms"),
        ("dollars", "euros", "can't convert money"),
        ("pounds", "dollars", "can't convert money"),
        ("", "miles", "Which units"),
        ("miles", "x" * 10_000, "don't know a unit"),
    ],
)
def test_what_does_not_convert_is_told(from_name: str, to_name: str, words: str) -> None:
    with pytest.raises(UnknownUnit, match=words) as caught:
        find_pair(from_name, to_name)
    assert len(str(caught.value)) < 120


def test_two_units_of_one_measure_are_added() -> None:
    assert read_compound("feet 2 inches") == ("feet", Fraction(1, 6), "2 inches")
    assert read_compound("foot ten") == ("foot", Fraction(10, 12), "10 inches")
    assert read_compound("pounds and four ounces") == ("pounds", Fraction(1, 4), "4 ounces")
    assert read_compound("hours 30 minutes") == ("hours", Fraction(1, 2), "30 minutes")
    assert read_compound("feet") is None
    assert read_compound("miles 3 kilograms") is None
