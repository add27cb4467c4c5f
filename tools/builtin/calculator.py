"""Sums and units of measure."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from tools import ToolError, tool
from tools.builtin.arithmetic import ArithmeticFault, divide, say_value
from tools.builtin.spoken_sums import Token, evaluate, tokenise
from tools.builtin.units import UnknownUnit, convert, find_pair, read_compound
from tools.spoken.numbers import SpokenNumber, read_number, words_of

_SHARES = (
    re.compile(r"what (?:percent|percentage|per cent) of (?P<whole>.+) is (?P<part>.+)"),
    re.compile(r"(?P<part>.+) is what (?:percent|percentage|per cent) of (?P<whole>.+)"),
    re.compile(r"(?P<part>.+) as a (?:percent|percentage|per cent) of (?P<whole>.+)"),
)
_QUIET = frozenset({"(", ")", "add", "subtract", "multiply", "divide", "increase", "decrease",
                    "reduce", "sum", "product", "difference", "average", "mean"})  # fmt: skip
_MAX_SPOKEN_TOKENS = 12


@tool(
    effect="read",
    examples=[
        "what is {expression}",
        "what's {expression}",
        "how much is {expression}",
        "(calculate|compute|work out|solve) {expression}",
        "(tell me|do you know|can you tell me) what {expression} (is|makes)",
        "{expression} (equals|is|makes) what",
        "what do (i|you) get if (i|you) {expression}",
        "if i {expression} what do i get",
        "what is the result of {expression}",
        "{expression}",
        "{expression} is what",
        "can you calculate {expression}",
        "{expression} how much is that",
        "what (do|does|would|is) {expression} (add up to|make|come to|equal|give|be)",
        "{expression} what (does that|do i|is that) (give|get|make|be|come to)",
        "how much (would|does|do) {expression} (be|make|come to|cost)",
        "(quick|some) (maths|math|sum) {expression}",
        "{expression} (what is|how much is) left",
    ],
)
def calculate(expression: str) -> dict[str, Any]:
    """Work out a sum: plus, minus, times, divided by, percent, powers, roots, factorials.

    Args:
        expression: The arithmetic in words or signs, such as "15 percent of 80", "12 * 7" or
            "square root of 144".
    """
    try:
        share = _share(expression)
        if share is not None:
            return share
        tokens = tokenise(expression)
        value = evaluate(tokens)
    except ArithmeticFault as fault:
        raise ToolError(str(fault)) from fault
    said, is_exact = say_value(value)
    result = said if is_exact else f"about {said}"
    names = {token.name for token in tokens}
    if len(tokens) == 1 or len(tokens) > _MAX_SPOKEN_TOKENS or names & _QUIET:
        spoken = f"The answer is {result}."
    else:
        echo = _echo(tokens)
        spoken = f"{echo[:1].upper()}{echo[1:]} is {result}."
    return {"spoken": spoken, "result": _plain(value)}


@tool(
    effect="read",
    examples=[
        "convert {value} {from_unit} [in]to {to_unit}",
        "(what is|what's|how much is) {value} {from_unit} in {to_unit}",
        "how many {to_unit} (are|is) {value} {from_unit}",
        "how many {to_unit} are [there] in {value} {from_unit}",
        "how many {to_unit} [are|is] [there] in (a|an|one) {from_unit}",
        "how many {to_unit} (does|do) (a|an|one) {from_unit} have",
        "{value} {from_unit} (in|to) {to_unit}",
        "change {value} {from_unit} to {to_unit}",
        "(turn|transform) {value} {from_unit} into {to_unit}",
        "what (are|would be|would) {value} {from_unit} [be] in {to_unit}",
        "{value} {from_unit} how many {to_unit} (is|are) that",
        "how (long|heavy|far|much|fast|hot|cold|big) (is|are) {value} {from_unit} in {to_unit}",
        "i need {value} {from_unit} in {to_unit}",
        "{value} {from_unit} to {to_unit}",
        "how many {to_unit} make {value} {from_unit}",
        "{from_unit} what is that in {to_unit}",
        "{from_unit} how many {to_unit} is (that|it)",
        "{value} {from_unit} (what|how much) is that in {to_unit}",
        "(give me|put|express) {value} {from_unit} in {to_unit}",
        "what would {value} {from_unit} be in {to_unit}",
        "how many {to_unit} (to|in) (a|an|one|the) {from_unit}",
    ],
)
def convert_units(from_unit: str, to_unit: str, value: SpokenNumber = 1) -> dict[str, Any]:
    """Convert a measure: length, weight, volume, temperature, speed, area, time or data.

    Args:
        from_unit: The unit it is in, such as "miles", "kg" or "degrees fahrenheit".
        to_unit: The unit to convert to.
        value: How many of them; one if nothing was said.
    """
    amount = Fraction(str(value))
    from_unit, amount = _take_number(from_unit, amount)
    given, given_exact = say_value(amount)
    compound = read_compound(from_unit)
    from_unit, added, addition = compound or (from_unit, Fraction(0), "")
    try:
        source, target = find_pair(from_unit, to_unit)
    except UnknownUnit as error:
        raise ToolError(str(error)) from error
    result = convert(amount + added, source, target)
    if source.dimension == "temperature" and result * target.scale + target.offset < 0:
        raise ToolError("Nothing is colder than absolute zero.")
    said, is_exact = _say_result(result)
    measure = f"{given} {source.name(is_one=given == '1')} {addition}".strip()
    about = "" if is_exact else "about "
    return {
        "spoken": (
            f"{'' if given_exact else 'About '}{measure} is "
            f"{about}{said} {target.name(is_one=said == '1')}."
        ),
        "value": _plain(amount + added),
        "from_unit": source.plural,
        "result": _plain(result),
        "to_unit": target.plural,
    }


def _share(text: str) -> dict[str, Any] | None:
    """Answer "what percent of 80 is 12"."""
    text = text.lower().strip(" .?")
    for pattern in _SHARES:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        part, whole = (evaluate(tokenise(match[name])) for name in ("part", "whole"))
        value = divide(part * 100, whole)
        said, is_exact = say_value(value)
        about = "" if is_exact else "about "
        return {
            "spoken": f"{say_value(part)[0]} is {about}{said} percent of {say_value(whole)[0]}.",
            "result": _plain(value),
        }
    return None


def _echo(tokens: list[Token]) -> str:
    return " ".join(token.said for token in tokens)


def _take_number(unit: str, amount: Fraction) -> tuple[str, Fraction]:
    """Take a number that was left before the unit: "5 miles" counts five."""
    words = words_of(unit)
    read = read_number(words)
    if amount != 1 or read is None or read[1] >= len(words):
        return unit, amount
    return " ".join(words[read[1] :]), Fraction(str(read[0]))


def _say_result(value: Fraction) -> tuple[str, bool]:
    """Round as people do: two decimals, none from a hundred thousand, four digits below one."""
    size = abs(value)
    if size >= 100_000:
        rounded = Fraction(round(value))
    elif size >= 1 or size == 0:
        rounded = Fraction(round(value * 100), 100)
    else:
        rounded = Fraction(f"{float(value):.4g}")
    said, is_exact = say_value(rounded)
    return said, is_exact and rounded == value


def _plain(value: Fraction) -> int | float | str:
    """Return a JSON number; text where it is beyond all floats."""
    if value.denominator == 1 and abs(value) < 1 << 53:
        return int(value)
    try:
        return float(value)
    except OverflowError:
        return say_value(value)[0]
